/** Makes a training config's environment with its pipelines, checked against the policy. */
import { loadedPlugins, pluginSpecifier } from "../algorithms/plugins.ts";
import type { PolicyFeatures } from "../config/schema/features.ts";
import { makeConfiguredEnv, settingsOfEnv } from "../envs/env_types.ts";
import type { GymManipulatorConfig } from "../envs/gym_manipulator/config.ts";
import { envIds } from "../envs/make_env.ts";
import { type ConfiguredEnv, closeProcessedEnv } from "../envs/processed_env.ts";
import type { PolicyConfig } from "../policies/policy.ts";
import { policyActions } from "../policies/registry.ts";
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import { pluginAdvice } from "../settings/named_plugins.ts";
import { rewardModelOf } from "../settings/reward_model_of.ts";
import { withConfiguredSteps, withRewardModel } from "./configured_steps.ts";

export type { ConfiguredEnv };

export interface MakeProcessedEnvOptions {
  /** Seed of the environment's generator until the first `reset({ seed })`. */
  readonly seed?: number;
  /** Runs it in a separate thread, if its type supports that; it then has no scene and cannot be filmed. */
  readonly inThread?: boolean;
  /**
   * Whether the config's `action_processor_steps` run. Set it to false to replay recorded actions, which have already passed
   * through them. Default: true.
   */
  readonly actionSteps?: boolean;
}

type Config = Pick<TrainRLServerPipelineConfig, "env" | "policy" | "handrail">;

/**
 * Makes the environment of `config.env` with its pipelines: those of its type, the config's steps, and its reward model.
 * `closeProcessedEnv` closes all of it.
 *
 * @throws Error if there is no such environment, or listing every difference between its features and the policy's;
 *   ConfigError for invalid options.
 */
export async function makeProcessedEnv(
  config: Config,
  { inThread = false, actionSteps = true, ...options }: MakeProcessedEnvOptions = {},
): Promise<ConfiguredEnv> {
  const { policy, handrail, env: envConfig } = config;
  if (envConfig === null) throw new Error("the config has no env: there is nothing to act in");
  const context = {
    ...options,
    inputFeatures: policy.input_features,
    options: handrail.environment,
    ...(inThread && { thread: { plugins: loadedPlugins() } }),
  };
  let made = await makeConfiguredEnv(envConfig, context).catch((error: Error) => {
    throw withPluginAdvice(error, config);
  });
  try {
    made = withConfiguredSteps(made, actionSteps ? handrail : { ...handrail, action_processor_steps: [] });
    made = await withRewardModel(made, rewardModelOf(config), settingsOfEnv(envConfig));
    assertPolicyFits(policy, made);
    return made;
  } catch (error) {
    await closeProcessedEnv(made);
    throw error;
  }
}

/** An unknown task may be in a plug-in that the config names and that was not allowed to run. */
function withPluginAdvice(error: Error, { env, handrail }: Config): Error {
  const task = (env as Partial<GymManipulatorConfig> | null)?.task?.replace(/^gym_hil\//, "");
  if (task === undefined || envIds().includes(task)) return error;
  const advice = pluginAdvice(handrail.plugins.map((name) => pluginSpecifier(name)));
  return advice === "" ? error : new Error(`${error.message}. ${advice}`, { cause: error });
}

/** The environment may provide more than the policy needs, but must match what it needs. */
function assertPolicyFits(policy: PolicyConfig, { env, envProcessor, policyActionSpace }: ConfiguredEnv): void {
  const shown: PolicyFeatures | undefined = envProcessor.outputFeatures?.observation;
  if (shown === undefined) throw new Error(`${envProcessor.name} of ${env.id} does not know its outputFeatures`);
  const differences: string[] = [];
  for (const [key, { type, shape }] of Object.entries(policy.input_features)) {
    const feature = shown[key];
    if (feature === undefined) {
      differences.push(`"${key}" is not shown; there is: ${Object.keys(shown).join(", ")}`);
    } else if (feature.shape.join() !== shape.join()) {
      differences.push(`"${key}" has shape [${feature.shape.join(", ")}], the policy takes [${shape.join(", ")}]`);
    } else if ((feature.type === "VISUAL") !== (type === "VISUAL")) {
      differences.push(`"${key}" is ${feature.type}, the policy takes it as ${type}`);
    }
  }
  const { length } = policyActions(policy);
  const taken = policyActionSpace.shape.reduce((product, size) => product * size, 1);
  if (length !== taken) {
    differences.push(
      `actions have ${taken} elements, the policy chooses ${length} (policy.output_features.action, and one more for ` +
        "the gripper when policy.num_discrete_actions is set)",
    );
  }
  if (differences.length > 0) {
    throw new Error(`${env.id} does not fit policy.input_features and output_features:\n  ${differences.join("\n  ")}`);
  }
}
