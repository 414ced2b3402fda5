import { expect, test } from "vitest";
import { NO_SIGNALS } from "../processors/episode_signals.ts";
import { makeTransition, type ProcessorTransition } from "../processors/transition.ts";
import type { EpisodeReport } from "../spec/actor_report.ts";
import { NO_EVENTS, type TeleopEvents } from "../teleoperators/teleoperator.ts";
import { LabelledEpisode } from "./label.ts";

function labelled(parts: Partial<ProcessorTransition>, events: Partial<TeleopEvents> = {}) {
  const teleoperation = { events: { ...NO_EVENTS, ...events }, action: null };
  return new LabelledEpisode(REPORT, { session: "s", sequence: 17 }, makeTransition({ ...parts, teleoperation }));
}
const REPORT: EpisodeReport = {
  kind: "episode",
  actor: "a",
  episode: 4,
  interaction_step: 80,
  episodic_return: 1,
  episode_length: 20,
  outcome: "success",
  intervention_steps: 3,
  duration_s: 2,
};
const said = (reward: number, terminated: boolean) => ({
  signals: { ...NO_SIGNALS, environment: { reward, terminated, success: terminated && reward > 0 } },
});
const SOLVED = { reward: 1, terminated: true, ...said(1, true) };
const DECLARED = { reward: 1, terminated: true, ...said(0.25, false) };

test("a person's verdict is the label; the environment's is none", () => {
  expect(labelled(DECLARED, { success: true }).label).toBe("success");
  expect(labelled(DECLARED, { failure: true }).label).toBe("failure");
  expect(labelled(DECLARED, { success: true, rerecordEpisode: true }).label).toBeUndefined();
  expect(labelled(SOLVED).label).toBeUndefined();
});

test.each([
  [
    "a success that is taken back was cut short",
    DECLARED,
    undefined,
    { reward: 0.25, terminated: false, truncated: true },
  ],
  ["what the environment ended stays ended", SOLVED, undefined, { reward: 1, terminated: true, truncated: false }],
  ["a failure earns nothing", SOLVED, "failure", { reward: 0, terminated: true, truncated: false }],
  ["a success earns 1", DECLARED, "success", { reward: 1, terminated: true, truncated: false }],
] as const)("%s", (_, last, label, corrected) => {
  const episode = labelled(last, { success: true });
  expect(episode.relabel(label).step).toEqual({ kind: "relabel", actor: "a", sequence: 17, ...corrected });
  expect(episode.label).toBe(label);
});

test("a failure keeps a penalty", () => {
  const { step } = labelled(said(-0.5, false)).relabel("failure");
  expect(step.reward).toBe(-0.5);
});

test("the episode is reported again with its new outcome and return", () => {
  const episode = labelled(DECLARED, { success: true });
  expect(episode.relabel(undefined).episode).toEqual({
    ...REPORT,
    outcome: "terminated",
    episodic_return: 0.25,
    correction: true,
  });
  expect(episode.relabel("failure").episode).toMatchObject({ outcome: "failure", episodic_return: 0 });
});
