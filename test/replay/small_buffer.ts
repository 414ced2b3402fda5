/** A small buffer with every kind of feature, and transitions for it that are identified by their states. */
import type { ReplayFeatures } from "../../src/replay/features.ts";
import { ReplayBuffer, type ReplayBufferOptions } from "../../src/replay/replay_buffer.ts";
import type { Transition } from "../../src/replay/transition.ts";

export const FEATURES: ReplayFeatures = {
  observation: {
    // 75 bytes use the code path of large rows, 2 floats and 3 bytes that of small ones.
    "observation.images.front": { dtype: "uint8", shape: [3, 5, 5] },
    "observation.state": { dtype: "float32", shape: [2] },
    "observation.buttons": { dtype: "uint8", shape: [3] },
  },
  action: { shape: [2], low: -1, high: [1, 2] },
  complementaryInfo: { discrete_penalty: { default: -0.5 }, is_intervention: {} },
};

export function observation(state: number, shade = state, button = 0): Transition["observation"] {
  return {
    "observation.images.front": new Uint8Array(75).fill(shade),
    "observation.state": Float32Array.of(state, 0.5),
    "observation.buttons": Uint8Array.of(0, 0, button),
  };
}

export function step(from: number, to: number, changes: Partial<Transition> = {}): Transition {
  return {
    observation: observation(from),
    action: Float32Array.of(0.25, 2),
    reward: from,
    nextObservation: observation(to),
    terminated: false,
    truncated: false,
    complementaryInfo: { is_intervention: 1 },
    ...changes,
  };
}

export function makeBuffer(options: Partial<ReplayBufferOptions> = {}): ReplayBuffer {
  return new ReplayBuffer({ features: FEATURES, capacity: 8, seed: 0, ...options });
}
