/** Adds a config's processor steps and reward model to the pipelines of any environment. */
import { ConfigError } from "../config/error.ts";
import type { EnvSettings } from "../envs/env_type.ts";
import type { ConfiguredEnv } from "../envs/processed_env.ts";
import type { PipelineFeatures, ProcessorStep } from "../processors/step.ts";
import { processorSteps, type StepEntry } from "../processors/step_registry.ts";
import type { RewardModelConfig } from "../rewards/config.ts";
import { makeRewardModel } from "../rewards/registry.ts";
import { RewardModelProcessorStep } from "../rewards/reward_model_step.ts";
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";

type ConfiguredSteps = Pick<TrainRLServerPipelineConfig["handrail"], "action_processor_steps" | "env_processor_steps">;

/**
 * Adds the config's steps to an environment: observation steps after its own, and action steps before its own. Action steps
 * thus change the policy's choice, and a person's action still overrides the result.
 *
 * @throws ConfigError naming a step that cannot be made or does not fit.
 */
export function withConfiguredSteps(
  configured: ConfiguredEnv,
  { action_processor_steps, env_processor_steps }: ConfiguredSteps,
): ConfiguredEnv {
  const { policyActionSpace, env } = configured;
  const envSteps = makeSteps("env_processor_steps", env_processor_steps);
  checkedFeatures(envSteps, configured.envProcessor.outputFeatures);
  const envProcessor = configured.envProcessor.withSteps({ last: envSteps.map(({ step }) => step) });
  const actionSteps = makeSteps("action_processor_steps", action_processor_steps);
  const { shape } = policyActionSpace;
  const chosen = {
    observation: envProcessor.outputFeatures?.observation ?? {},
    action: { action: { type: "ACTION", shape } },
  } as const;
  const changed = checkedFeatures(actionSteps, chosen)?.action.action?.shape;
  if (changed?.join() !== shape.join()) {
    const made = changed === undefined ? "leave no action" : `make actions of shape [${changed.join(", ")}]`;
    const message = `${made}; people and ${env.id} take [${shape.join(", ")}]`;
    throw new ConfigError([{ path: "handrail.action_processor_steps", message }]);
  }
  const actionProcessor = configured.actionProcessor.withSteps({ first: actionSteps.map(({ step }) => step) });
  return { ...configured, actionProcessor, envProcessor };
}

/**
 * Adds a reward model after all steps of an environment.
 *
 * @throws ConfigError for a model that reads features the environment does not provide; the model's own error if it cannot
 *   be made.
 */
export async function withRewardModel(
  configured: ConfiguredEnv,
  config: RewardModelConfig | null,
  { terminateOnSuccess = true }: Pick<EnvSettings, "terminateOnSuccess">,
): Promise<ConfiguredEnv> {
  if (config === null) return configured;
  const features = configured.envProcessor.outputFeatures;
  const model = await makeRewardModel({ ...config }, { features: features?.observation ?? {} });
  const step = new RewardModelProcessorStep({ model, config, terminateOnSuccess });
  try {
    checkedFeatures([{ path: "handrail.reward_model", step }], features);
    return { ...configured, envProcessor: configured.envProcessor.withSteps({ last: [step] }) };
  } catch (error) {
    await step.close();
    throw error;
  }
}

interface PlacedStep {
  readonly step: ProcessorStep;
  /** Path in the config. */
  readonly path: string;
}

const BATCHED_LATER = "leave to_batch_processor out: the policy's preprocessor adds the batch dimension";

function makeSteps(list: keyof ConfiguredSteps, entries: readonly StepEntry[]): PlacedStep[] {
  return entries.map(({ registry_name, config }, index) => {
    const path = `handrail.${list}[${index}]`;
    if (registry_name === "to_batch_processor") throw new ConfigError([{ path, message: BATCHED_LATER }]);
    return { path, step: at(path, registry_name, () => processorSteps.create(registry_name, config, {}, path)) };
  });
}

/** The features after the steps; undefined if the input features are unknown. */
function checkedFeatures(
  steps: readonly PlacedStep[],
  features: PipelineFeatures | undefined,
): PipelineFeatures | undefined {
  return (
    features &&
    steps.reduce((current, { path, step }) => at(path, step.name, () => step.transformFeatures(current)), features)
  );
}

function at<Value>(path: string, step: string, act: () => Value): Value {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const message = `${step}: ${cause instanceof Error ? cause.message : cause}`;
    throw new ConfigError([{ path, message }], undefined, { cause });
  }
}
