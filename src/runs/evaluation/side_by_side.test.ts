import { expect, test } from "vitest";
import { envsFor } from "./side_by_side.ts";

test.each([
  [100, 2, 3],
  [100, 64, 8],
  [12, 8, 2],
  [9, 8, 1],
  [100, 1, 1],
])("%i episodes on %i processors are played on %i environments", (episodes, processors, envs) => {
  expect(envsFor(episodes, processors)).toBe(envs);
});
