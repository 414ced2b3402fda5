import { describe, expect, test } from "vitest";
import type { Progress } from "../../run_state.ts";
import { railOf, type SummarySource, summarize } from "./run_summary.ts";

const LEARNING: Progress = { phase: "learning", done: 3181, of: 10_000, evaluation: null };
const source = (parts: Partial<SummarySource> = {}): SummarySource => ({
  task: "pick up the cube",
  progress: LEARNING,
  session: null,
  isReview: false,
  isStopped: false,
  isPaused: false,
  isOffline: false,
  leftS: 200,
  canDrive: true,
  inControl: false,
  holder: undefined,
  ...parts,
});

describe("the summary", () => {
  test("has the task, phase, progress and what the user can do", () => {
    expect(summarize(source())).toEqual({
      title: "Pick up the cube",
      text: "Learning: step 3,181 of 10,000, at most 3 min left. You can take over.",
    });
  });

  test("of an actor in its own process does not include the learner's progress", () => {
    const { text } = summarize(source({ progress: { ...LEARNING, phase: "acting" } }));
    expect(text).toBe("Acting: step 3,181 of 10,000. See the learner's page for its progress. You can take over.");
  });

  test("of a run without actors counts updates, and mentions no robot", () => {
    const offline = source({ isOffline: true, canDrive: false });
    expect(summarize(offline).text).toBe("Learning: update 3,181 of 10,000, 3 min left.");
    expect(summarize({ ...offline, isPaused: true }).text).toContain("Learning is paused.");
    const evaluation = { episode: 12, of: 100, successes: 10, policy_step: 5 };
    expect(summarize({ ...offline, progress: { ...LEARNING, phase: "evaluating", evaluation } }).text).toContain(
      "The learner is paused until it is done.",
    );
    expect(summarize({ ...offline, progress: { ...LEARNING, phase: "done" } }).text).toBe("All updates are made.");
  });

  test("names the person in control", () => {
    expect(summarize(source({ holder: "Anna" })).text).toContain("Anna is in control; you can ask for control.");
  });

  test("counts the episodes of an evaluation and explains the pause", () => {
    const evaluation = { episode: 12, of: 100, successes: 10, policy_step: 5 };
    const { text } = summarize(source({ progress: { ...LEARNING, phase: "evaluating", evaluation } }));
    expect(text).toBe(
      "Evaluating the policy without help: 12 of 100 episodes, 10 solved. Robot and learner are paused until it is done.",
    );
  });

  test("explains during demonstrations that taking over is possible afterwards", () => {
    const progress: Progress = { phase: "demonstrations", done: 7, of: 20, evaluation: null };
    expect(summarize(source({ progress, canDrive: false })).text).toBe(
      "Recording demonstrations: 7 of 20. The scripted operator demonstrates the task; you can take over afterwards.",
    );
  });

  test("guides through a recording: the episode's number, the remaining time, and the next step", () => {
    const session = {
      task: "lift",
      saved: 0,
      wanted: 2,
      seconds_left: null,
      waiting_for: "movement",
      is_over: false,
    } as const;
    expect(summarize(source({ session })).text).toBe(
      "Recording demonstration 1 of 2. Move the arm: the first movement starts the episode.",
    );
    const running = { ...session, seconds_left: 7.2, waiting_for: null };
    expect(summarize(source({ session: running })).text).toBe(
      "Recording demonstration 1 of 2: 8 s left. End the episode with success or failure.",
    );
    const undecided = { ...session, waiting_for: "verdict" } as const;
    expect(summarize(source({ session: undecided, inControl: true })).text).toBe(
      "Recording demonstration 1 of 2. The episode is over: label it as a success or a failure, or re-record it.",
    );
    expect(summarize(source({ session: undecided, inControl: false })).text).toContain("take control and label it");
  });

  test("distinguishes a run that took all its steps from a stopped one", () => {
    const ended = (phase: "done" | "stopped") => summarize(source({ progress: { ...LEARNING, phase } })).text;
    expect(ended("done")).toBe("All steps are done.");
    expect(ended("stopped")).toBe("The run was stopped.");
  });

  test("mentions a stopped robot before everything else", () => {
    expect(summarize(source({ isStopped: true })).text).toContain("The robot is stopped.");
  });
});

describe("the phases", () => {
  const goal = { success_rate: 0.95, episodes: 100 };
  const plan = { demonstrations: 20, warm_up_steps: 100, goal };

  test("show the share of the present one and mark earlier ones as done", () => {
    const rail = railOf(LEARNING, plan);
    expect(rail.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "Demonstrations done",
      "Warm-up done",
      "Learning now",
      "Evaluating ahead",
      "Solved ahead",
    ]);
    expect(rail[2]!.share).toBeCloseTo(0.3181);
  });

  test("omit what the plan lacks, and end with the run's outcome", () => {
    const names = (phase: Progress["phase"]) =>
      railOf({ ...LEARNING, phase }, { demonstrations: 0, warm_up_steps: 0, goal }).map(({ name }) => name);
    expect(names("learning")).toEqual(["Learning", "Evaluating", "Solved"]);
    expect(names("stopped").at(-1)).toBe("Stopped");
    expect(names("done").at(-1)).toBe("Done");
    expect(railOf(LEARNING, { ...plan, goal: null }).map(({ name }) => name)).toEqual([
      ...["Demonstrations", "Warm-up", "Learning", "Done"],
    ]);
    expect(railOf({ ...LEARNING, phase: "solved" }, plan).at(-1)).toMatchObject({ state: "now", share: 1 });
  });
});
