/** A learner without actors waits for its evaluations, and learns what it would have learned without them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Learner } from "../../src/learning/learner.ts";
import type { LearnerEvaluation } from "../../src/learning/learner_options.ts";
import { checkpointStoreOf } from "../../src/learning/run_folder/run_folder.ts";
import { type RunEvent, RunEvents } from "../../src/metrics/index.ts";
import { offlineConfig } from "./small_learner.ts";
import { everything } from "./small_run.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-evaluations-"));
});
afterEach(() => rm(folder, { recursive: true }));

interface Made {
  readonly events: readonly RunEvent[];
  readonly outcome: string;
  readonly weights: unknown;
}

async function train(run: string, evaluation?: LearnerEvaluation, signal?: AbortSignal): Promise<Made> {
  const config = await offlineConfig(join(folder, "steps"), join(folder, run), { steps: 25, save_freq: 10 });
  const all: RunEvent[] = [];
  const events = new RunEvents();
  events.subscribe((event) => all.push(event));
  const learner = await Learner.start({
    ...{ config, events },
    ...(evaluation && { evaluation }),
    ...(signal && { signal }),
  });
  const outcome = await learner.finished;
  const saved = await checkpointStoreOf(join(folder, run), config).load();
  const { weights } = everything(saved);
  await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
  return { events: all, outcome, weights };
}

/** Evaluates nothing: notes which update each evaluation found the learner at, from its checkpoint. */
function evaluationEvery(everyUpdates: number, isSolved: (step: number) => boolean = () => false) {
  const steps: number[] = [];
  const evaluate: LearnerEvaluation["evaluate"] = async (learner) => {
    await learner.pause();
    const { step } = await learner.saveCheckpoint();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(learner.progress.step).toBe(step);
    steps.push(step);
    await learner.setScore(step);
    if (isSolved(step)) return true;
    await learner.resume();
    return false;
  };
  return { steps, everyUpdates, evaluate };
}

it("is evaluated every so many updates and after the last, and ends with the same weights as without", async () => {
  const evaluation = evaluationEvery(10);
  const evaluated = await train("evaluated", evaluation);
  expect(evaluation.steps).toEqual([10, 20, 25]);
  expect(evaluated.outcome).toBe("steps");
  const plain = await train("plain");
  expect(evaluated.weights).toEqual(plain.weights);
  const saved = (made: Made) => made.events.flatMap((event) => (event.type === "checkpoint" ? [event.step] : []));
  expect([saved(evaluated), saved(plain)]).toEqual([
    [0, 10, 20, 25],
    [0, 10, 20, 25],
  ]);
});

it("ends at the very update of an evaluation that was passed", async () => {
  const { outcome, events } = await train(
    "run",
    evaluationEvery(10, (step) => step === 20),
  );
  expect(outcome).toBe("solved");
  expect(events.findLast(({ type }) => type === "learner")).toMatchObject({ step: 20, state: "stopped" });
});

it("continues after an evaluation that failed, and says so", async () => {
  const steps: number[] = [];
  const evaluate: LearnerEvaluation["evaluate"] = async (learner) => {
    steps.push((await learner.saveCheckpoint()).step);
    throw new Error("no arm");
  };
  const { outcome, events } = await train("run", { everyUpdates: 10, evaluate });
  expect([outcome, steps]).toEqual(["steps", [10, 20, 25]]);
  const notices = events.flatMap((event) => (event.type === "notice" && event.level !== "info" ? [event.message] : []));
  expect(notices).toEqual(new Array(3).fill("the evaluation failed: no arm"));
});

it("is stopped in the middle of an evaluation, which it aborts", async () => {
  const stop = new AbortController();
  const evaluate: LearnerEvaluation["evaluate"] = async (learner, signal) => {
    await learner.pause();
    await learner.saveCheckpoint();
    const ended = new Promise((resolve) => signal.addEventListener("abort", resolve));
    stop.abort();
    await ended;
    throw signal.reason;
  };
  const { outcome, events } = await train("run", { everyUpdates: 10, evaluate }, stop.signal);
  expect(outcome).toBe("stopped");
  expect(events.filter((event) => event.type === "notice" && event.level !== "info")).toEqual([]);
});
