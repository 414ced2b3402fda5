import { expect, test } from "vitest";
import { type HintInputs, hintsFor, trend } from "./hints.ts";

const SHARES = {
  episodes: 40,
  autonomousEpisodes: 20,
  autonomousSuccess: 0.5,
  solvedAlone: 0.25,
  assistedSuccess: 0.8,
  interventionRate: 0.2,
};
const CALM: HintInputs = {
  interactionStep: 5000,
  shares: SHARES,
  solvedAlone: Array(30).fill(0.25),
  episodicReturn: Array(30).fill(1),
  episodeLength: Array(30).fill(60),
  interventionRate: Array(30).fill(0.2),
  lossCritic: Array(30).fill(0.01),
  qMean: Array(30).fill(0.6),
  temperature: Array(30).fill(0.01),
  updatesPerStep: 2,
  learnerTraining: true,
  weightsAgeS: 2,
  jitterP99Ms: 3,
  controlPeriodMs: 100,
};
const rising = (from: number, to: number) => Array.from({ length: 30 }, (_, i) => from + ((to - from) * i) / 29);
const texts = (inputs: Partial<HintInputs>) => hintsFor({ ...CALM, ...inputs }).map(({ text }) => text);
const noSuccess = { ...SHARES, autonomousSuccess: 0, solvedAlone: 0 };

test("an uneventful run gets no hints", () => {
  expect(hintsFor(CALM)).toEqual([]);
});

test.each<[string, Partial<HintInputs>, string]>([
  ["no episode yet", { shares: { ...SHARES, episodes: 0 } }, "Waiting for the first episode."],
  ["no success early", { shares: noSuccess, interactionStep: 3000 }, "No success without help at 3.0k steps is normal"],
  ["no success late", { shares: noSuccess, interactionStep: 40_000 }, "Still no success without help at 40k steps"],
  ["episodes get shorter", { episodeLength: rising(93, 40) }, "Episodes are getting shorter."],
  [
    "always helped",
    { shares: { ...SHARES, autonomousEpisodes: 0, autonomousSuccess: null, solvedAlone: 0 } },
    "Every recent episode had help",
  ],
  ["success only with help", { shares: { ...noSuccess } }, "So far, episodes succeed because of help."],
  [
    "temperature against success",
    { temperature: rising(0.01, 0.05), solvedAlone: rising(0.8, 0.4) },
    "lower temperature_init",
  ],
  [
    "the critic diverges",
    { lossCritic: Array.from({ length: 30 }, (_, i) => 0.01 * 1.4 ** i) },
    "The critic’s loss is growing fast.",
  ],
  ["Q beyond any return", { qMean: Array(30).fill(7) }, "Q values (7.0) exceed the best return"],
  ["few updates", { updatesPerStep: 0.2 }, "Only 0.20 updates per environment step."],
  ["stale weights", { weightsAgeS: 45 }, "The robot’s weights are 45 s old."],
  ["jitter", { jitterP99Ms: 40 }, "Control steps start up to 40 ms late."],
  [
    "less help",
    { interventionRate: rising(0.5, 0.1), shares: { ...SHARES, solvedAlone: 0.4 } },
    "Less help is needed, and success does not drop.",
  ],
  ["solved", { shares: { ...SHARES, solvedAlone: 0.97 } }, "97 % of the last 40 episodes were solved without help"],
])("%s: there is a hint with a reason", (_, inputs, expected) => {
  const hints = hintsFor({ ...CALM, ...inputs });
  const hint = hints.find(({ text }) => text.includes(expected));
  expect(hint, texts(inputs).join(" | ")).toBeDefined();
  expect(hint!.reason.length).toBeGreaterThan(20);
});

test("there is no hint about old weights while the learner does not train", () => {
  expect(texts({ weightsAgeS: 500, learnerTraining: false })).toEqual([]);
});

test("warnings come first", () => {
  const levels = hintsFor({ ...CALM, jitterP99Ms: 90, episodeLength: rising(93, 30) }).map(({ level }) => level);
  expect(levels).toEqual(["warn", "good"]);
});

test("a trend needs enough values and is relative", () => {
  expect(trend([1, 2, 3])).toBe(0);
  expect(trend([...Array(10).fill(1), ...Array(10).fill(2), ...Array(10).fill(3)])).toBeCloseTo(0.5);
});
