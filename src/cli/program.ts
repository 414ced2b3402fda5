/** All commands: one line each. */
import { Command } from "commander";
import { packageVersion } from "../utils/version.ts";
import { actorCommand } from "./commands/actor.ts";
import { configCommand } from "./commands/config.ts";
import { cropCommand } from "./commands/crop.ts";
import { dashboardCommand } from "./commands/dashboard.ts";
import { datasetCommand } from "./commands/dataset.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evalCommand } from "./commands/eval.ts";
import { learnCommand } from "./commands/learn.ts";
import { learnerCommand } from "./commands/learner.ts";
import { plotCommand } from "./commands/plot.ts";
import { recordCommand } from "./commands/record.ts";
import { replayCommand } from "./commands/replay.ts";
import { trainCommand } from "./commands/train.ts";
import { failOn, reportFailure } from "./failure.ts";
import { answerMistypedOptions, refuseBlank } from "./options/config_overrides.ts";
import { surviveLostOutput } from "./terminal/terminal.ts";

/** In the order of their help: a set-up, its data, training, what comes of it. */
const COMMANDS = [
  trainCommand,
  configCommand,
  doctorCommand,
  recordCommand,
  replayCommand,
  datasetCommand,
  cropCommand,
  learnCommand,
  learnerCommand,
  evalCommand,
  actorCommand,
  plotCommand,
  dashboardCommand,
];

export async function run(): Promise<void> {
  surviveLostOutput();
  failOn(process);
  const program = new Command("handrail")
    .description("Human-in-the-loop reinforcement learning for robots.")
    .version(packageVersion())
    .hook("preAction", (_, command) => refuseBlank(command));
  for (const command of COMMANDS) program.addCommand(command());
  answerMistypedOptions(program);
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = reportFailure(error);
  }
}
