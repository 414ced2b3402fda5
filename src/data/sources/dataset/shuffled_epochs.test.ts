import { expect, it } from "vitest";
import { Random } from "../../../tensor/random.ts";
import { ShuffledEpochs } from "./shuffled_epochs.ts";

it("draws every row once per epoch, in a different order each time", () => {
  const epochs = new ShuffledEpochs(10, new Random(1));
  const [first, second] = [epochs.take(10), epochs.take(10)];
  for (const epoch of [first, second]) {
    expect([...epoch].sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, row) => row));
  }
  expect(second).not.toEqual(first);
});

it.each([0, 3, 10, 17, 20])("continues at its position after %d rows", (taken) => {
  const epochs = new ShuffledEpochs(10, new Random(1));
  epochs.take(taken);
  const state = JSON.parse(JSON.stringify(epochs.state()));
  const restored = new ShuffledEpochs(10, new Random(99));
  restored.restore(state);
  expect(restored.take(25)).toEqual(epochs.take(25));
});

it("refuses the state of other data", () => {
  const state = new ShuffledEpochs(10, new Random(1)).state();
  expect(() => new ShuffledEpochs(11, new Random(1)).restore(state)).toThrow(
    "it has 11 rows to draw from, and had 10 when the run was saved",
  );
  expect(() => new ShuffledEpochs(0, new Random(1))).toThrow("at least one row");
});
