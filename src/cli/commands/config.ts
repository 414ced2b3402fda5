/** `handrail config`: checks a training config and prints it with every default filled in. */
import { Command } from "commander";
import { loadTrainingConfig } from "../../training/load_training_config.ts";

interface ConfigOptions {
  readonly plugin: readonly string[];
  readonly migrate?: boolean;
}

export function configCommand(): Command {
  return new Command("config")
    .description("check a training config and print it with every default filled in")
    .argument("<file>", "JSON or YAML")
    .argument("[overrides...]", "values such as --algorithm.discount=0.97, after --")
    .option("--plugin <module...>", "modules that register further types: paths or packages", [])
    .option("--migrate", "bring a config of an older LeRobot version up to date")
    .addHelpText(
      "after",
      "\nExamples:\n  handrail config configs/pick_cube.json -- --algorithm.type=rlpd --batch_size=128" +
        "\n  handrail config old_train_config.json --migrate > train_config.json",
    )
    .action(async (file: string, overrides: string[], { plugin, migrate }: ConfigOptions) => {
      const config = await loadTrainingConfig(file, {
        overrides,
        plugins: plugin,
        // Notes go to the error stream, so that the config alone can be written to a file.
        ...(migrate ? { onMigration: (notes) => notes.forEach((note) => void console.error(note)) } : {}),
      });
      console.log(JSON.stringify(config, null, 2));
    });
}
