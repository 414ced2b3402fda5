import { expect, test } from "vitest";
import type { Transition } from "../replay/transition.ts";
import { Tensor } from "../tensor/tensor.ts";
import { decodeTransition, encodeTransition } from "../transport/codec/record_codec.ts";
import { TransitionCodec } from "./transition_message.ts";

const codec = new TransitionCodec({
  observation: {
    "observation.state": { dtype: "float32", shape: [2] },
    "observation.images.front": { dtype: "uint8", shape: [3, 1, 2] },
  },
  action: { shape: [2], low: -1, high: 1 },
  complementaryInfo: { discrete_penalty: { default: 0 }, is_intervention: { default: 0 } },
});

const observe = (from: number) => ({
  "observation.state": Float32Array.of(from, from + 0.5),
  "observation.images.front": Uint8Array.from({ length: 6 }, (_, i) => from + i),
});
const transition: Transition = {
  observation: observe(1),
  action: Float32Array.of(0.25, -1),
  reward: 0.5,
  nextObservation: observe(2),
  terminated: false,
  truncated: true,
  complementaryInfo: { discrete_penalty: -0.02, is_intervention: 1 },
};

test("a transition survives the wire unchanged", () => {
  const message = decodeTransition(encodeTransition(codec.toMessage(transition)));
  expect(codec.fromMessage(message)).toEqual(transition);
});

test("the episode number is sent if known, and messages of earlier versions have none", () => {
  const wire = (given: Transition) => codec.fromMessage(decodeTransition(encodeTransition(codec.toMessage(given))));
  expect(wire({ ...transition, episode: 7 })).toEqual({ ...transition, episode: 7 });
  expect(wire(transition)).not.toHaveProperty("episode");
});

test("only declared fields are sent", () => {
  const surplus = { "observation.extra": Float32Array.of(1) };
  const { tensors, scalars } = codec.toMessage({
    ...transition,
    observation: { ...transition.observation, ...surplus },
    complementaryInfo: { is_intervention: 0, other: 3 },
  });
  expect(Object.keys(tensors)).toHaveLength(5);
  expect(Object.keys(scalars)).toEqual(["reward", "terminated", "truncated", "complementary_info.is_intervention"]);
});

test("an array that does not fit its feature fails at the sender", () => {
  expect(() => codec.toMessage({ ...transition, action: Float32Array.of(1) })).toThrow("shape [2] holds 2 elements");
});

const message = () => codec.toMessage(transition);
test.each([
  ["a missing tensor", { ...message(), tensors: {} }, 'lacks the tensor "state.observation.state"'],
  [
    "an undeclared tensor",
    { ...message(), tensors: { ...message().tensors, extra: Tensor.scalar(1) } },
    'has the tensor "extra", which this run does not store',
  ],
  [
    "another shape",
    { ...message(), tensors: { ...message().tensors, action: Tensor.of([3], [0, 0, 0]) } },
    '"action" is float32[3], this run stores float32[2]',
  ],
  [
    "another type",
    { ...message(), tensors: { ...message().tensors, action: Tensor.zeros([2], "uint8") } },
    '"action" is uint8[2]',
  ],
  ["a missing number", { ...message(), scalars: { terminated: 0, truncated: 0 } }, 'lacks the number "reward"'],
  ["an undeclared number", { ...message(), scalars: { ...message().scalars, done: 1 } }, 'has the scalar "done"'],
  ["an episode between", { ...message(), scalars: { ...message().scalars, episode: 1.5 } }, '"episode" is 1.5'],
  ["a flag between", { ...message(), scalars: { ...message().scalars, truncated: 0.5 } }, '"truncated" is 0.5'],
])("%s is refused by name", (_, wrong, reason) => {
  expect(() => codec.fromMessage(wrong)).toThrow(expect.objectContaining({ code: "refused" }));
  expect(() => codec.fromMessage(wrong)).toThrow(reason);
});
