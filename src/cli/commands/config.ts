/** `handrail config`: checks a training config and prints it with every default filled in. */
import { Command } from "commander";
import { checkSettings } from "../../runs/doctor/check_settings.ts";
import { loadTrainingConfig } from "../../settings/load_training_config.ts";
import { addConfigOverrides } from "../options/config_overrides.ts";
import { terminal } from "../terminal/terminal.ts";

interface ConfigOptions {
  readonly plugin: readonly string[];
  readonly migrate?: boolean;
}

export function configCommand(): Command {
  const command = new Command("config")
    .description("check a training config and print it with every default filled in; runs no code that the file names")
    .argument("<file>", "JSON or YAML, or the name of a config that comes with Handrail");
  return addConfigOverrides(command, "--algorithm.discount=0.97")
    .option("--plugin <module...>", "modules that register further types: paths or packages", [])
    .option("--migrate", "bring a config of an older LeRobot version up to date")
    .addHelpText(
      "after",
      "\nExamples:\n  handrail config pick_cube --algorithm.type=rlpd --batch_size=128" +
        "\n  handrail config old_train_config.json --migrate > train_config.json",
    )
    .action(async (file: string, overrides: string[], { plugin, migrate }: ConfigOptions) => {
      const config = await loadTrainingConfig(file, {
        overrides,
        plugins: plugin,
        namedPlugins: "skip",
        // Notes go to the error stream, so that the output can be redirected to a file.
        ...(migrate ? { onMigration: (notes) => notes.forEach((note) => void terminal.print(note)) } : {}),
      });
      terminal.result(JSON.stringify(config, null, 2));
      const { errors, warnings } = checkSettings(config);
      for (const text of warnings) terminal.print(`warning: ${text}`);
      for (const text of errors) terminal.print(`error: ${text}`);
      if (errors.length > 0) process.exitCode = 1;
    });
}
