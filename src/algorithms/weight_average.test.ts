import { expect, it } from "vitest";
import { Tensor } from "../tensor/index.ts";
import { WeightAverage } from "./weight_average.ts";

const weights = (value: number) => ({ "actor.weight": Tensor.of([2], [value, 2 * value]) });
const ofFirst = (average: WeightAverage) => average.weights()["actor.weight"]!.data[0]!;

it("follows ā ← d·ā + (1 − d)·w once enough updates were made", () => {
  const average = new WeightAverage(0.75, weights(0));
  average.add(weights(8), 1000);
  expect(average.weights()["actor.weight"]).toEqual(Tensor.of([2], [2, 4]));
  average.add(weights(8), 1001);
  expect(ofFirst(average)).toBeCloseTo(3.5, 6);
});

it("soon forgets the weights it began with, however slow it is later", () => {
  const average = new WeightAverage(0.9999, weights(100));
  for (let update = 1; update <= 50; update++) average.add(weights(1), update);
  expect(ofFirst(average)).toBeCloseTo(1, 4);
});

it("keeps a weight that never changes to the last bit", () => {
  const average = new WeightAverage(0.997, weights(0.1));
  for (let update = 1; update <= 1000; update++) average.add(weights(0.1), update);
  expect(average.weights()).toEqual(weights(0.1));
});

it("neither shares memory with the weights it is given nor with those it has given", () => {
  const initial = weights(1);
  const average = new WeightAverage(0.5, initial);
  initial["actor.weight"].data[0] = 100;
  const before = average.weights();
  average.add(weights(3), 1000);
  expect(before).toEqual(weights(1));
  expect(average.weights()).toEqual(weights(2));
});

it("names what it cannot average", () => {
  expect(() => new WeightAverage(1, weights(1))).toThrow("decay must be in [0, 1), got 1");
  const integers = { steps: new Tensor("int64", [1], BigInt64Array.of(1n)) };
  expect(() => new WeightAverage(0.5, integers)).toThrow("only float32 weights have an average; steps is not");
  const average = new WeightAverage(0.5, weights(1));
  expect(() => average.add({}, 1)).toThrow('the weights have no "actor.weight" of 2 numbers');
});
