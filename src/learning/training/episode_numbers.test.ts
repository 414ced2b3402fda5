import { expect, it } from "vitest";
import { EpisodeNumbers, EpisodeNumbersStateSchema } from "./episode_numbers.ts";

it("gives every episode of every session a number of its own", () => {
  const numbers = new EpisodeNumbers();
  expect(numbers.state()).toBeUndefined();
  const given = [
    ["left", 1],
    ["right", 1],
    ["left", 1],
    ["left", 2],
    ["right", 1],
    ["right", 7],
  ] as const;
  expect(given.map(([session, episode]) => numbers.numberOf(session, episode))).toEqual([1, 2, 1, 3, 2, 4]);
});

it("continues from a checkpoint in the middle of an episode", () => {
  const numbers = new EpisodeNumbers();
  for (const episode of [1, 2]) numbers.numberOf("left", episode);
  const state = EpisodeNumbersStateSchema.parse(JSON.parse(JSON.stringify(numbers.state())));
  const restored = new EpisodeNumbers(state);
  expect([restored.numberOf("left", 2), restored.numberOf("right", 2)]).toEqual([2, 3]);
});
