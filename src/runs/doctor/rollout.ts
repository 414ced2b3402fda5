/** Measures the range of an environment's observations under random actions. */
import type { ProcessedEnv } from "../../envs/processed_env.ts";
import { boundOf } from "../../rollout/choose_action.ts";
import { Episode } from "../../rollout/episode.ts";
import { EpisodeRunner } from "../../rollout/episode_runner.ts";
import type { SensorFaultError } from "../../rollout/sensor_fault.ts";
import { Random } from "../../tensor/random.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { Tensor } from "../../tensor/tensor.ts";

export interface Rollout {
  readonly steps: number;
  /** Lowest and highest value of each element, per vector feature. */
  readonly ranges: Readonly<Record<string, { readonly min: Float64Array; readonly max: Float64Array }>>;
  /** The sensor fault that ended the rollout. */
  readonly fault?: SensorFaultError;
}

/** @param steps Environment steps, over as many episodes as they take. */
export async function rollOut(processedEnv: ProcessedEnv, steps: number, seed: number): Promise<Rollout> {
  const random = new Random(seed);
  const ranges: Record<string, { min: Float64Array; max: Float64Array }> = {};
  const look = (observation: TensorRecord) => {
    for (const [key, { dtype, size, data }] of Object.entries(observation)) {
      if (dtype !== "float32") continue;
      ranges[key] ??= { min: new Float64Array(size).fill(Infinity), max: new Float64Array(size).fill(-Infinity) };
      const { min, max } = ranges[key];
      for (let i = 0; i < size; i++) {
        const value = Number(data[i]);
        min[i] = Math.min(min[i]!, value);
        max[i] = Math.max(max[i]!, value);
      }
    }
  };
  const runner: EpisodeRunner = new EpisodeRunner({
    processedEnv,
    controller: { act: () => (runner.stepsTaken < steps ? { action: anyAction(processedEnv, random) } : undefined) },
    sink: {
      onEpisodeStart: ({ observation }) => look(observation),
      onStep: ({ nextObservation }) => look(nextObservation),
    },
  });
  for (let episode = 1; runner.stepsTaken < steps; episode++) {
    const { fault } = await runner.run(new Episode(episode), episode === 1 ? { seed } : {});
    if (fault) return { steps: runner.stepsTaken, ranges, fault };
  }
  return { steps, ranges };
}

function anyAction({ policyActionSpace }: ProcessedEnv, random: Random): Tensor<"float32"> {
  const { shape, low, high } = policyActionSpace;
  const values = Float32Array.from({ length: shape[0]! }, (_, i) => random.uniform(boundOf(low, i), boundOf(high, i)));
  return new Tensor("float32", [1, values.length], values);
}
