/** Commands to continue or restart a run, ready to paste. */
import { join } from "node:path";
import type { Command } from "commander";
import { TRAIN_CONFIG_FILE } from "../learning/checkpoints/layout.ts";
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import { commandLine, pathFrom } from "./invocation.ts";

/** Continues the run in `config.output_dir` from its last checkpoint: its config holds every override. */
export function resumeCommand(command: Command, config: TrainRLServerPipelineConfig): string {
  const file = join(pathFrom(process.cwd(), config.output_dir!), TRAIN_CONFIG_FILE);
  return commandLine([command.name(), "--config", file, "--resume=true", ...optionsGiven(command, ["config"])]);
}

/** Starts the same command again in the same folder. */
export function restartCommand(command: Command, config: TrainRLServerPipelineConfig): string {
  const file = join(pathFrom(process.cwd(), config.output_dir!), TRAIN_CONFIG_FILE);
  return commandLine([command.name(), "--config", file, ...optionsGiven(command, ["config"])]);
}

/** The options given on the command line, without arguments and overrides. */
export function optionsGiven(command: Command, except: readonly string[] = []): string[] {
  return command.options.flatMap((option) => {
    const name = option.attributeName();
    const value: unknown = command.getOptionValue(name);
    if (command.getOptionValueSource(name) !== "cli" || except.includes(name)) return [];
    if (option.isBoolean() || option.negate) return value === !option.negate ? [option.long!] : [];
    return [option.long!, ...[value].flat().map(String)];
  });
}
