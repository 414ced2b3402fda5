import fc from "fast-check";
import { expect, test } from "vitest";
import { didYouMean, nearest } from "./nearest.ts";

const KEYS = ["actor_lr", "critic_lr", "temperature_init", "temperature_lr", "batch_size", "discount"];

test.each([
  ["temprature_init", "temperature_init"],
  ["temperature_inti", "temperature_init"],
  ["batchSize", "batch_size"],
  ["batch-size", "batch_size"],
  ["Discount", "discount"],
  ["critc_lr", "critic_lr"],
])("the typo %s is recognised as %s", (typed, meant) => {
  expect(nearest(typed, KEYS)).toBe(meant);
});

test("something unrelated gets no suggestion", () => {
  expect(nearest("robot", KEYS)).toBeUndefined();
  expect(nearest("x", [])).toBeUndefined();
  expect(didYouMean("robot", KEYS)).toBe("");
});

test("a swap of neighbours counts as one edit, so short names are still recognised", () => {
  expect(nearest("asc", ["sac", "bc"])).toBe("sac");
});

test("the sentence is ready to append", () => {
  expect(didYouMean("discont", KEYS)).toBe(' Did you mean "discount"?');
});

test("a name among the candidates is its own nearest", () => {
  const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 });
  fc.assert(
    fc.property(words, fc.nat(), (candidates, index) => {
      const name = candidates[index % candidates.length]!;
      expect(nearest(name, candidates)).toBe(name);
    }),
  );
});
