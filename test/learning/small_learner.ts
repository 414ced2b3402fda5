/** Runs with networks of a few units, and transitions that are distinguished by their number. */
import { parseConfig } from "../../src/config/parse.ts";
import { stepFeatures } from "../../src/datasets/schema/step_columns.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { writeTransitions } from "../../src/datasets/writing/write_transitions.ts";
import type { TransitionRecord } from "../../src/learning/training/training_core.ts";
import type { Transition } from "../../src/replay/transition.ts";
import { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "../../src/settings/config.ts";
import { replayFeaturesOf } from "../../src/settings/replay_features.ts";
import { TransitionCodec } from "../../src/spec/transition_message.ts";
import { STATE } from "../algorithms/small.ts";

type Values = Readonly<Record<string, unknown>>;
const layers = { hidden_dims: [8, 8] };

/** A config to train with: a state of 3 numbers, 1 action in [−2, 2], a warm-up of 10 steps; `values` override. */
export function smallConfig(
  outputDir: string,
  {
    policy = {},
    algorithm = {},
    handrail = {},
    ...values
  }: (Record<"policy" | "algorithm" | "handrail", Values> & Values) | Values = {},
): TrainRLServerPipelineConfig {
  return parseConfig(TrainRLServerPipelineConfigSchema, {
    policy: {
      type: "gaussian_actor",
      input_features: { [STATE]: { type: "STATE", shape: [3] } },
      output_features: { action: { type: "ACTION", shape: [1] } },
      dataset_stats: { [STATE]: { min: [0, 0, 0], max: [1000, 1, 1] }, action: { min: [-2], max: [2] } },
      latent_dim: 8,
      actor_network_kwargs: layers,
      online_step_before_learning: 10,
      online_buffer_capacity: 50_000,
      offline_buffer_capacity: 5000,
      actor_learner_config: { policy_parameters_push_frequency: 0.05 },
      ...(policy as Values),
    },
    algorithm: { type: "sac", critic_network_kwargs: layers, ...(algorithm as Values) },
    batch_size: 8,
    log_freq: 20,
    save_freq: 100_000,
    seed: 7,
    output_dir: outputDir,
    handrail: { pacing: "as_fast_as_possible", ...(handrail as Values) },
    ...values,
  });
}

/** The n-th transition: its state begins with n, and every seventh is steered by a person. */
export function transitionNumber(n: number): Transition {
  return {
    observation: { [STATE]: Float32Array.of(n, 0, 1) },
    action: Float32Array.of((n % 9) / 4.5 - 1),
    reward: n % 10 === 9 ? 1 : 0,
    nextObservation: { [STATE]: Float32Array.of(n + 1, 0, 1) },
    terminated: n % 10 === 9,
    truncated: false,
    complementaryInfo: { is_intervention: n % 7 === 0 ? 1 : 0 },
  };
}

/** A config with a dataset in `root`, which is made: 40 numbered transitions in episodes of ten. */
export async function offlineConfig(
  root: string,
  outputDir: string,
  values: Values = {},
): Promise<TrainRLServerPipelineConfig> {
  const config = smallConfig(outputDir, { dataset: { repo_id: "steps", root }, ...values });
  const features = stepFeatures(replayFeaturesOf(config), { cameras: "image" });
  const writer = await DatasetWriter.create({ root, fps: 10, features }).catch(() => undefined);
  if (writer === undefined) return config;
  const steps = Array.from({ length: 40 }, (_, n) => transitionNumber(n));
  const whole = steps.map((step) => ({
    ...step,
    complementaryInfo: { discrete_penalty: 0, ...step.complementaryInfo },
  }));
  await writeTransitions(writer, whole, "count");
  await writer.close();
  return config;
}

/** Transitions `from … from + count − 1` of a session whose sequences begin at 1 with transition 0. */
export function records(from: number, count: number, session = "robot"): TransitionRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    id: { session, sequence: from + i + 1 },
    transition: transitionNumber(from + i),
  }));
}

export function messageNumber(n: number, config: TrainRLServerPipelineConfig) {
  return new TransitionCodec(replayFeaturesOf(config)).toMessage(transitionNumber(n));
}
