/** Options of commands that run an environment: that of a training config, with its pipelines, or one given by id. */
import { type Command, Option } from "commander";
import { loadPlugins } from "../../algorithms/plugins.ts";
import { processSimulation } from "../../envs/gym_manipulator/pipelines.ts";
import { makeSimulation } from "../../envs/make_env.ts";
import { type ConfiguredEnv, type MakeProcessedEnvOptions, makeProcessedEnv } from "../../runs/make_processed_env.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { envSettingsOf } from "../../settings/env_settings.ts";
import { loadTrainingConfig } from "../../settings/load_training_config.ts";
import { jsonObject } from "./arguments.ts";
import { addConfigOverrides } from "./config_overrides.ts";

export interface EnvOptions {
  readonly config?: string;
  readonly plugin: readonly string[];
  readonly env: string;
  readonly envOptions: Record<string, unknown>;
}

const DEFAULT_ENV = "PandaPickCubeGamepad-v0";

export function addEnvOptions(command: Command): Command {
  return addConfigOverrides(command, "--env.fps=20")
    .option(
      "--config <file>",
      "training config, JSON or YAML: its environment as the policy sees it, cropped and resized",
    )
    .option("--plugin <module...>", "modules that register further types: paths or packages", [])
    .addOption(new Option("--env <id>", "environment, without a config").default(DEFAULT_ENV).conflicts("config"))
    .addOption(
      new Option("--env-options <json>", 'its options, such as {"image_obs": true}')
        .argParser(jsonObject)
        .default({}, "none")
        .conflicts("config"),
    );
}

export interface ChosenEnv {
  readonly processedEnv: ConfiguredEnv;
  readonly config?: TrainRLServerPipelineConfig;
}

/** The caller closes the environment. @throws Error or ConfigError if it cannot be made. */
export async function makeChosenEnv(
  overrides: readonly string[],
  options: EnvOptions,
  making: Pick<MakeProcessedEnvOptions, "actionSteps"> = {},
): Promise<ChosenEnv> {
  if (options.config === undefined) {
    if (overrides.length > 0) throw new Error(`"${overrides[0]}" is not an option, and there is no --config to change`);
    await loadPlugins(options.plugin);
    return { processedEnv: processSimulation(await makeSimulation(options.env, options.envOptions)) };
  }
  const config = await loadTrainingConfig(options.config, {
    overrides,
    plugins: options.plugin,
    namedPlugins: "skip",
    actsOnly: true,
  });
  return { config, processedEnv: await makeProcessedEnv(config, making) };
}

/** Whether the environment is a real machine, which runs in real time. */
export function isPhysical({ config }: ChosenEnv): boolean {
  return config !== undefined && envSettingsOf(config).isPhysical === true;
}
