/** A small run with a camera and a frozen encoder, whose buffers store features, and transitions to train it with. */
import type { TransitionRecord } from "../../src/learning/training/training_core.ts";
import type { Transition } from "../../src/replay/transition.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { Random } from "../../src/tensor/random.ts";
import { CAMERA, STATE, WITH_CAMERA } from "../algorithms/small.ts";
import { smallConfig, transitionNumber } from "./small_learner.ts";

type Values = Readonly<Record<string, unknown>>;

export function cameraConfig(
  outputDir: string,
  imageFeatures: Values = {},
  { policy = {}, ...values }: { readonly policy?: Values } & Values = {},
): TrainRLServerPipelineConfig {
  return smallConfig(outputDir, {
    policy: {
      ...WITH_CAMERA,
      freeze_vision_encoder: true,
      image_encoder_hidden_dim: 4,
      image_embedding_pooling_dim: 2,
      online_buffer_capacity: 1000,
      offline_buffer_capacity: 1000,
      ...policy,
    },
    handrail: { pacing: "lockstep", image_features: imageFeatures, learner_threads: 1 },
    ...values,
  });
}

/** Different for every number. */
export function imageNumber(n: number): Uint8Array {
  const random = new Random(n);
  return Uint8Array.from({ length: 3 * 48 * 48 }, () => random.integer(256));
}

export function cameraTransition(n: number): Transition {
  const transition = transitionNumber(n);
  const withImage = (observation: Transition["observation"], number: number) => ({
    [CAMERA]: imageNumber(number),
    [STATE]: observation[STATE]!,
  });
  return {
    ...transition,
    observation: withImage(transition.observation, n),
    nextObservation: withImage(transition.nextObservation, n + 1),
  };
}

export function cameraRecords(from: number, count: number, session = "robot"): TransitionRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    id: { session, sequence: from + i + 1 },
    transition: cameraTransition(from + i),
  }));
}
