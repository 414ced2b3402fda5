import { expect, test } from "vitest";
import { guarded } from "./guarded.ts";

test("a listener's exception or rejection is reported and does not propagate", async () => {
  const reported: unknown[] = [];
  const listener = guarded(
    (how: string) => {
      if (how === "throws") throw new Error(how);
      return how === "rejects" ? Promise.reject(new Error(how)) : how;
    },
    (error) => reported.push((error as Error).message),
  );
  for (const how of ["throws", "rejects", "returns"]) expect(listener(how)).toBeUndefined();
  await new Promise(setImmediate);
  expect(reported).toEqual(["throws", "rejects"]);
});
