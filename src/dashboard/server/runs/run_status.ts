/**
 * Phase, progress and result of a run, derived from its events and from calls of its owner during long operations. For a
 * finished run it is derived from the log.
 */
import {
  ProgressCount,
  type ProgressUnit,
  type RunEvent,
  type RunEventOf,
  type RunEvents,
} from "../../../metrics/index.ts";
import type { EvaluationProgress, Finished, FinishedEvaluation, Phase, Plan, Progress } from "../../run_state.ts";

/** Bounds the evaluations of a long run. */
const KEPT_EVALUATIONS = 500;
/** A running run emits events more often: its actors report every second. */
const LONGEST_SILENCE_S = 30;

const ENDS: Readonly<Record<Finished["outcome"], Phase>> = {
  solved: "solved",
  steps: "done",
  stopped: "stopped",
  failed: "failed",
};

export class RunStatus {
  plan: Plan | null;
  readonly #evaluations: FinishedEvaluation[] = [];
  #demonstrations: { readonly done: number; readonly of: number } | undefined;
  #evaluation: EvaluationProgress | null = null;
  #end: RunEventOf<"run_finished"> | undefined;
  #outputs: Pick<Finished, "policy" | "next"> = { policy: null, next: [] };
  readonly #count = new ProgressCount();
  /** Environment steps or, without actors, updates. */
  #done = 0;
  #activeS = 0;
  #latestS: number | undefined;

  constructor(plan: Plan | null = null) {
    this.plan = plan;
  }

  /** Oldest first. */
  get evaluations(): readonly FinishedEvaluation[] {
    return this.#evaluations;
  }

  /** What `progress` counts while the run learns. */
  get unit(): ProgressUnit {
    return this.#count.unit;
  }

  /** Seconds the run was active, without the time between sessions. */
  get activeSeconds(): number {
    return this.#activeS;
  }

  /** null without a plan. */
  get progress(): Progress | null {
    const { plan } = this;
    if (plan === null) return null;
    const steps = { done: this.#done, of: plan.max_steps, evaluation: null };
    if (this.#end) return { ...steps, phase: ENDS[this.#end.reason] };
    if (this.#evaluation) {
      const { episode, of } = this.#evaluation;
      return { phase: "evaluating", done: episode, of, evaluation: this.#evaluation };
    }
    if (this.#demonstrations && this.#done === 0) {
      return { phase: "demonstrations", ...this.#demonstrations, evaluation: null };
    }
    if (!plan.learns) return { ...steps, phase: "acting" };
    const isWarmingUp = this.#done < plan.warm_up_steps;
    return isWarmingUp ? { ...steps, phase: "warm_up", of: plan.warm_up_steps } : { ...steps, phase: "learning" };
  }

  /** null until the run has ended. */
  get finished(): Finished | null {
    if (this.#end === undefined) return null;
    const { successes = null, episodes = null } = this.#evaluations.at(-1) ?? {};
    const { reason: outcome, message } = this.#end;
    return { outcome, message, successes, episodes, active_seconds: this.#activeS, ...this.#outputs };
  }

  setDemonstrations(done: number, of: number): void {
    this.#demonstrations = done < of ? { done, of } : undefined;
  }

  /** @param progress of the running evaluation; null without one. */
  setEvaluation(progress: EvaluationProgress | null): void {
    this.#evaluation = progress;
  }

  /** Sets the policy's folder and the suggested next commands of a finished run. */
  setOutputs(outputs: Pick<Finished, "policy" | "next">): void {
    this.#outputs = outputs;
  }

  /** Applies past and new events. Call it once. @param history past events, oldest first. */
  follow(events: RunEvents, history: readonly RunEvent[]): void {
    for (const event of history) this.apply(event);
    events.subscribe((event) => this.apply(event));
  }

  apply(event: RunEvent): void {
    this.#done = Math.max(this.#done, this.#count.at(event));
    this.#countTime(event);
    if (event.type === "run_started") this.#end = undefined;
    if (event.type === "run_finished") this.#end = event;
    if (event.type !== "evaluation") return;
    this.#evaluation = null;
    this.#evaluations.push(finishedEvaluation(event));
    if (this.#evaluations.length > KEPT_EVALUATIONS) this.#evaluations.shift();
  }

  #countTime({ type, time_s }: RunEvent): void {
    const passedS = time_s - (this.#latestS ?? time_s);
    if (type !== "run_started" && passedS > 0 && passedS < LONGEST_SILENCE_S) this.#activeS += passedS;
    this.#latestS = time_s;
  }
}

export function finishedEvaluation({ interaction_step, report }: RunEventOf<"evaluation">): FinishedEvaluation {
  const { step: policy_step, successes, episodes, success_interval: interval } = report;
  return { interaction_step, policy_step, successes, episodes, interval };
}
