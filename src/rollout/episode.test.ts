import { expect, test } from "vitest";
import { NO_SIGNALS } from "../processors/episode_signals.ts";
import { makeTransition, type ProcessorTransition } from "../processors/transition.ts";
import { NO_EVENTS, type TeleopEvents } from "../teleoperators/teleoperator.ts";
import { Episode } from "./episode.ts";

const SOLVED = { ...NO_SIGNALS, success: true };
const STEERED = { ...NO_SIGNALS, isIntervention: true };

type Parts = Partial<ProcessorTransition> & { readonly events?: Partial<TeleopEvents> };

function ended(...steps: readonly Parts[]) {
  const episode = new Episode(1);
  for (const { events = {}, ...parts } of steps) {
    episode.add(makeTransition({ ...parts, teleoperation: { events: { ...NO_EVENTS, ...events }, action: null } }));
  }
  return episode;
}

test.each([
  ["success", "the environment says so", [{ terminated: true, signals: SOLVED }]],
  ["success", "a person says so", [{ terminated: true, signals: SOLVED, events: { success: true } }]],
  ["success", "it was solved on the way", [{ signals: SOLVED }, { truncated: true }]],
  ["failure", "the environment ended it", [{ terminated: true, signals: NO_SIGNALS }]],
  ["failure", "a person overrules the environment", [{ terminated: true, signals: SOLVED, events: { failure: true } }]],
  ["time_limit", "it took too long", [{}, { truncated: true }]],
  ["terminated", "a person ended it without a verdict", [{ truncated: true, events: { terminateEpisode: true } }]],
  ["rerecorded", "a person wants it again", [{ truncated: true, signals: { ...SOLVED, rerecord: true } }]],
] satisfies [string, string, Parts[]][])("%s: %s", (outcome, _, steps) => {
  expect(ended(...steps).end().outcome).toBe(outcome);
});

test("return, length and steered steps are counted", () => {
  const episode = ended(
    { reward: 0.5 },
    { reward: 0.25, signals: STEERED },
    { reward: -1, signals: STEERED, truncated: true },
  );
  expect(episode.isOver).toBe(true);
  expect(episode.end()).toMatchObject({ episode: 1, episodicReturn: -0.25, length: 3, interventionSteps: 2 });
});

test("an episode that is cut off from outside is called what the caller says", () => {
  const episode = ended({ signals: SOLVED });
  expect(episode.isOver).toBe(false);
  expect(episode.end("terminated").outcome).toBe("terminated");
});
