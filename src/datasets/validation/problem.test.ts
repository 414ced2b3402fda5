import { expect, it } from "vitest";
import { Problems } from "./problem.ts";

it("reports equal problems of a file once, and counts different ones", () => {
  const problems = new Problems();
  for (let episode = 0; episode < 3; episode++) problems.add({ file: "a.mp4" }, "is no video");
  for (let row = 0; row < 7; row++) problems.warn({ file: "b.parquet", field: "action", row }, "is not finite");
  expect(problems.list.map(({ file, row, message }) => [file, row, message])).toEqual([
    ["a.mp4", undefined, "is no video"],
    ...[0, 1, 2, 3, 4].map((row) => ["b.parquet", row, "is not finite"]),
    ["b.parquet", undefined, "and 2 more like this"],
  ]);
});
