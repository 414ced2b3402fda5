import { describe, expect, it } from "vitest";
import type { ReplayFeatures } from "./features.ts";
import type { Transition } from "./transition.ts";
import { type RejectionReason, TransitionRejectedError, TransitionValidator } from "./validate_transition.ts";

const FEATURES: ReplayFeatures = {
  observation: {
    "observation.state": { dtype: "float32", shape: [2] },
    "observation.images.front": { dtype: "uint8", shape: [1, 2, 2] },
  },
  action: { shape: [2], low: -1, high: 0.1, discrete: [0] },
  complementaryInfo: { discrete_penalty: { default: 0 }, is_intervention: { flag: true } },
};

const observation = { "observation.state": new Float32Array(2), "observation.images.front": new Uint8Array(4) };
const VALID: Transition = {
  observation,
  action: Float32Array.of(-1, 0.1),
  reward: 0,
  nextObservation: observation,
  terminated: false,
  truncated: false,
  complementaryInfo: { is_intervention: 0 },
};

function rejection(changes: object): TransitionRejectedError | undefined {
  try {
    new TransitionValidator(FEATURES).check({ ...VALID, ...changes });
  } catch (error) {
    if (error instanceof TransitionRejectedError) return error;
    throw error;
  }
  return undefined;
}

const { "observation.state": state, ...imageOnly } = observation;

describe("TransitionValidator", () => {
  it("accepts values up to the bounds: 0.1 as a float32 equals the bound 0.1", () => {
    expect(rejection({})).toBeUndefined();
    expect(rejection({ complementaryInfo: { is_intervention: 1, discrete_penalty: -0.02 } })).toBeUndefined();
  });

  const cases: [RejectionReason, string, object][] = [
    ["not_whole", "action[0]", { action: Float32Array.of(-0.37, 0.1) }],
    ["not_whole", "complementaryInfo.is_intervention", { complementaryInfo: { is_intervention: 7 } }],
    ["too_large", "reward", { reward: -1e30 }],
    [
      "too_large",
      "complementaryInfo.discrete_penalty",
      { complementaryInfo: { is_intervention: 0, discrete_penalty: 3e38 } },
    ],
    [
      "too_large",
      "nextObservation.observation.state[1]",
      { nextObservation: { ...observation, "observation.state": Float32Array.of(0, 3e38) } },
    ],
    ["missing", "nextObservation", { nextObservation: undefined }],
    ["missing", "observation.observation.state", { observation: imageOnly }],
    ["undeclared", "observation.gripper", { observation: { ...observation, gripper: state } }],
    [
      "dtype",
      "observation.observation.images.front",
      { observation: { ...observation, "observation.images.front": new Float32Array(4) } },
    ],
    ["dtype", "observation.observation.state", { observation: { ...observation, "observation.state": [0, 0] } }],
    [
      "shape",
      "nextObservation.observation.state",
      { nextObservation: { ...observation, "observation.state": new Float32Array(3) } },
    ],
    [
      "not_finite",
      "observation.observation.state[1]",
      { observation: { ...observation, "observation.state": Float32Array.of(0, Number.NaN) } },
    ],
    ["dtype", "action", { action: [0, 0] }],
    ["shape", "action", { action: new Float32Array(1) }],
    ["not_finite", "action[0]", { action: Float32Array.of(-Infinity, 0) }],
    ["out_of_bounds", "action[1]", { action: Float32Array.of(0, 0.2) }],
    ["out_of_bounds", "action[0]", { action: Float32Array.of(-1.0000001, 0) }],
    ["dtype", "reward", { reward: "1" }],
    ["not_finite", "reward", { reward: Number.NaN }],
    ["not_finite", "reward", { reward: 3.5e38 }],
    ["dtype", "terminated", { terminated: 1 }],
    ["dtype", "truncated", { truncated: undefined }],
    ["missing", "complementaryInfo.is_intervention", { complementaryInfo: undefined }],
    ["undeclared", "complementaryInfo.teleop", { complementaryInfo: { is_intervention: 0, teleop: 1 } }],
    ["dtype", "complementaryInfo.is_intervention", { complementaryInfo: { is_intervention: true } }],
    [
      "not_finite",
      "complementaryInfo.discrete_penalty",
      { complementaryInfo: { is_intervention: 0, discrete_penalty: Infinity } },
    ],
  ];
  it.each(cases)("rejects as %s: %s", (reason, field, changes) => {
    expect(rejection(changes)).toMatchObject({ reason, field });
    expect(rejection(changes)!.message).toContain(`transition rejected: ${field} `);
  });

  it("names the expected type and shape", () => {
    const message = (changes: object) => rejection(changes)!.message;
    expect(message({ action: new Float32Array(3) })).toContain("needs 2 elements for the shape [2], got 3");
    expect(message({ action: [0, 0] })).toContain("must be float32, got Array");
    expect(message({ action: Float32Array.of(0, 0.5) })).toMatch(/is 0\.5, outside \[-1, 0\.1/);
    expect(message({ reward: 3.5e38 })).toContain("which is not finite as float32");
  });
});
