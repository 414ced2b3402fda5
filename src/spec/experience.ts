/** What is kept of a step: the same numbers whether they go to a learner or into a dataset. */
import type { ProcessorTransition } from "../processors/transition.ts";
import type { ReplayFeatures } from "../replay/features.ts";
import type { ObservationArrays, Transition } from "../replay/transition.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * @param observation What was seen before the step.
 * @param transition What the step gave, with the action that was executed, whoever chose it.
 * @param features Which observations and numbers are kept; a number that the step did not give has its default, if any.
 */
export function experienceOf(
  observation: TensorRecord,
  { complementaryData, action, reward, terminated, truncated, signals, observation: next }: ProcessorTransition,
  features: ReplayFeatures,
): Transition {
  const complementaryInfo: Record<string, number> = {};
  for (const [key, { default: absent }] of Object.entries(features.complementaryInfo ?? {})) {
    const value = complementaryData[key] ?? absent;
    if (typeof value === "number") complementaryInfo[key] = value;
  }
  complementaryInfo.is_intervention = signals.isIntervention ? 1 : 0;
  return {
    observation: arraysOf(observation, features),
    action: executedAction({ complementaryData, action }).data,
    reward,
    nextObservation: arraysOf(next!, features),
    terminated,
    truncated,
    complementaryInfo,
  };
}

/** The action that was executed, whoever chose it: `[1, n]`, in the environment's units. */
export function executedAction({
  complementaryData,
  action,
}: Pick<ProcessorTransition, "complementaryData" | "action">): Tensor<"float32"> {
  return (complementaryData.teleop_action ?? action) as Tensor<"float32">;
}

function arraysOf(observation: TensorRecord, features: ReplayFeatures): ObservationArrays {
  const arrays: Record<string, Float32Array | Uint8Array> = {};
  for (const key of Object.keys(features.observation)) arrays[key] = observation[key]!.data as Float32Array;
  return arrays;
}
