import { expect, test } from "vitest";
import { prunable } from "./retention.ts";

/** Checkpoints in the order of their saves, as [step, score]. */
function checkpoints(...saved: (readonly [step: number, score?: number])[]) {
  return saved.map(([step, score], index) => ({
    path: `checkpoints/${step}`,
    name: `${step}`,
    step,
    sequence: index + 1,
    ...(score === undefined ? {} : { score }),
  }));
}
const names = (...args: Parameters<typeof prunable>) => prunable(...args).map(({ name }) => name);

test("all but the newest may go", () => {
  expect(names(checkpoints([1], [2], [3], [4]), 2, "4")).toEqual(["2", "1"]);
  expect(names(checkpoints([1], [2]), 5, "2")).toEqual([]);
  expect(names(checkpoints([1], [2]), Number.POSITIVE_INFINITY, "2")).toEqual([]);
});

test("the newest are those saved last, not those with the highest step", () => {
  expect(names(checkpoints([100], [200], [300], [150]), 2, "150")).toEqual(["200", "100"]);
});

test("the best stays; of equals the newer; one without a score is never the best", () => {
  expect(names(checkpoints([1, 0.2], [2, 0.9], [3, 0.9], [4], [5, 0.1]), 1, "5")).toEqual(["4", "2", "1"]);
  expect(names(checkpoints([1, -5], [2], [3]), 1, "3")).toEqual(["2"]);
});

test("what `last` names stays, however old and bad", () => {
  expect(names(checkpoints([1, 0], [2, 1], [3], [4]), 1, "1")).toEqual(["3"]);
});
