/** The part of a step that is stored: the same numbers for a learner and for a dataset. */
import type { ProcessorTransition } from "../processors/transition.ts";
import type { ReplayFeatures } from "../replay/features.ts";
import type { ObservationArrays, Transition } from "../replay/transition.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * @param observation Observation before the step.
 * @param transition Result of the step, with the action that was executed, by policy or person.
 * @param features Observations and numbers to store; a number that the step lacks takes its default, if any.
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

/** The executed action, by policy or person: `[1, n]`, in the environment's units. */
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
