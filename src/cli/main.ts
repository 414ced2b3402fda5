#!/usr/bin/env node
/** `handrail <command>`: one line per command. */
import { Command } from "commander";
import { actorCommand } from "./commands/actor.ts";
import { configCommand } from "./commands/config.ts";
import { cropCommand } from "./commands/crop.ts";
import { dashboardCommand } from "./commands/dashboard.ts";
import { datasetCommand } from "./commands/dataset.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evalCommand } from "./commands/eval.ts";
import { learnerCommand } from "./commands/learner.ts";
import { plotCommand } from "./commands/plot.ts";
import { recordCommand } from "./commands/record.ts";
import { replayCommand } from "./commands/replay.ts";
import { trainCommand } from "./commands/train.ts";

/** In the order of their help: a set-up, its data, training, what comes of it. */
const COMMANDS = [
  trainCommand,
  configCommand,
  doctorCommand,
  recordCommand,
  replayCommand,
  datasetCommand,
  cropCommand,
  learnerCommand,
  evalCommand,
  actorCommand,
  plotCommand,
  dashboardCommand,
];

const program = new Command("handrail").description("Human-in-the-loop reinforcement learning for robots.");
for (const command of COMMANDS) program.addCommand(command());

try {
  await program.parseAsync();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
