/** The commands of the `handrail` program. */
import { Command } from "commander";
import { packageVersion } from "../utils/version.ts";
import { failOn, reportFailure } from "./failure.ts";
import { answerMistypedOptions, refuseBlank } from "./options/config_overrides.ts";
import { surviveLostOutput } from "./terminal/terminal.ts";

/**
 * In the order in which `--help` lists them. Imported on demand: loading every command's libraries takes longer than some
 * commands run.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  train: async () => (await import("./commands/train.ts")).trainCommand(),
  config: async () => (await import("./commands/config.ts")).configCommand(),
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand(),
  record: async () => (await import("./commands/record.ts")).recordCommand(),
  replay: async () => (await import("./commands/replay.ts")).replayCommand(),
  reward: async () => (await import("./commands/reward.ts")).rewardCommand(),
  dataset: async () => (await import("./commands/dataset.ts")).datasetCommand(),
  crop: async () => (await import("./commands/crop.ts")).cropCommand(),
  learn: async () => (await import("./commands/learn.ts")).learnCommand(),
  learner: async () => (await import("./commands/learner.ts")).learnerCommand(),
  eval: async () => (await import("./commands/eval.ts")).evalCommand(),
  actor: async () => (await import("./commands/actor.ts")).actorCommand(),
  plot: async () => (await import("./commands/plot.ts")).plotCommand(),
  dashboard: async () => (await import("./commands/dashboard.ts")).dashboardCommand(),
};

/**
 * Loads the requested command. Loads all of them if there is no match, for help and suggestions.
 *
 * @returns a function that runs the command.
 */
export async function load(asked = ""): Promise<() => Promise<void>> {
  const loaders = Object.hasOwn(COMMANDS, asked) ? [COMMANDS[asked]!] : Object.values(COMMANDS);
  const commands = await Promise.all(loaders.map((command) => command()));
  return () => run(commands);
}

async function run(commands: readonly Command[]): Promise<void> {
  surviveLostOutput();
  failOn(process);
  const program = new Command("handrail")
    .description("Human-in-the-loop reinforcement learning for robots.")
    .version(packageVersion())
    .hook("preAction", (_, command) => refuseBlank(command));
  for (const command of commands) program.addCommand(command);
  answerMistypedOptions(program);
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = reportFailure(error);
  }
}
