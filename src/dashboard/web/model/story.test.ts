import { describe, expect, test } from "vitest";
import type { Progress } from "../../run_state.ts";
import { railOf, type StorySource, storyOf } from "./story.ts";

const LEARNING: Progress = { phase: "learning", done: 3181, of: 10_000, evaluation: null };
const source = (parts: Partial<StorySource> = {}): StorySource => ({
  ...{ task: "pick up the cube", progress: LEARNING, session: null, isReview: false, isStopped: false },
  ...{ isPaused: false, leftS: 200, canDrive: true, inControl: false, holder: undefined },
  ...parts,
});

describe("the sentence above the view", () => {
  test("says task, phase, progress and what one may do", () => {
    expect(storyOf(source())).toEqual({
      title: "Pick up the cube",
      text: "Learning: step 3,181 of 10,000, at most 3 min left. You may take over.",
    });
  });

  test("says of an actor by itself that it acts, not how far learning is", () => {
    const { text } = storyOf(source({ progress: { ...LEARNING, phase: "acting" } }));
    expect(text).toBe(
      "The robot acts: step 3,181 of 10,000. What is learned shows on the learner's page. You may take over.",
    );
  });

  test("names whoever holds control", () => {
    expect(storyOf(source({ holder: "Anna" })).text).toContain("Anna holds control; you may ask for it.");
  });

  test("counts an evaluation and says that everything else stands still", () => {
    const evaluation = { episode: 12, of: 100, successes: 10, policy_step: 5 };
    const { text } = storyOf(source({ progress: { ...LEARNING, phase: "evaluating", evaluation } }));
    expect(text).toBe(
      "The policy is evaluated alone: 10 of 12 solved, 100 to play. Robot and learner stand still until it is done.",
    );
  });

  test("says while demonstrations are made that taking over comes afterwards", () => {
    const progress: Progress = { phase: "demonstrations", done: 7, of: 20, evaluation: null };
    expect(storyOf(source({ progress, canDrive: false })).text).toBe(
      "Demonstrations are recorded: 7 of 20. The helper shows how it is done; you may take over afterwards.",
    );
  });

  test("leads through a recording: which of how many, how long, and what is awaited", () => {
    const session = {
      task: "lift",
      saved: 0,
      wanted: 2,
      seconds_left: null,
      waiting_for: "movement",
      is_over: false,
    } as const;
    expect(storyOf(source({ session })).text).toBe(
      "Recording demonstration 1 of 2. Move the arm: your first movement begins the episode.",
    );
    const running = { ...session, seconds_left: 7.2, waiting_for: null };
    expect(storyOf(source({ session: running })).text).toBe(
      "Recording demonstration 1 of 2: 8 s left. End it with success or failure.",
    );
    const undecided = { ...session, waiting_for: "verdict" } as const;
    expect(storyOf(source({ session: undecided, inControl: true })).text).toBe(
      "Recording demonstration 1 of 2. The episode is over: was it a success or a failure, or shall it be recorded again?",
    );
    expect(storyOf(source({ session: undecided, inControl: false })).text).toContain(
      "take control and say what it was",
    );
  });

  test("tells a run that took all its steps from one that was stopped", () => {
    const ended = (phase: "done" | "stopped") => storyOf(source({ progress: { ...LEARNING, phase } })).text;
    expect(ended("done")).toBe("All steps are done.");
    expect(ended("stopped")).toBe("The run was stopped.");
  });

  test("a stopped robot comes before everything else", () => {
    expect(storyOf(source({ isStopped: true })).text).toContain("The robot is stopped.");
  });
});

describe("the rail", () => {
  const goal = { success_rate: 0.95, episodes: 100 };
  const plan = { demonstrations: 20, warm_up_steps: 100, goal };

  test("fills the present step and marks what is behind it", () => {
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

  test("leaves out what the plan lacks, and ends as the run ended", () => {
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
