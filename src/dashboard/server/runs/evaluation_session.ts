/** Connects `evaluatePolicy` with the dashboard: real-time pacing, pause and emergency stop. */
import type { RunEvents } from "../../../metrics/index.ts";
import type { EvaluatedEpisode, EvaluatePolicyOptions } from "../../../rollout/index.ts";
import { ControlClock, Pace, StopSwitch } from "../../../rollout/index.ts";
import type { ConfiguredEnv } from "../../../runs/make_processed_env.ts";
import { LiveObserver } from "../live_observer.ts";
import type { DashboardRun } from "./run.ts";
import { RunStatus } from "./run_status.ts";

/** The actor's name in the events of an evaluation. */
const NAME = "evaluation";
const REPORT_EVERY_MS = 1000;

export interface EvaluationSessionOptions {
  /** Name shown on the page. */
  readonly name: string;
  readonly processedEnv: ConfiguredEnv;
  readonly config?: DashboardRun["config"];
  readonly events: RunEvents;
  readonly controlFrequencyHz: number;
  readonly episodes: number;
}

export class EvaluationSession {
  /** For `startDashboard`. */
  readonly run: DashboardRun;
  /** Options for `evaluatePolicy`. Steps wait for the control clock and while the robot is stopped or paused. */
  readonly evaluation: Required<Pick<EvaluatePolicyOptions, "observers" | "beforeStep" | "onEpisode" | "stopSwitch">>;
  readonly #options: EvaluationSessionOptions;
  readonly #switch = new StopSwitch();
  readonly #clock: ControlClock;
  readonly #status = new RunStatus();
  #steps = 0;
  #solved = 0;
  #reported = { state: "", atMs: Number.NEGATIVE_INFINITY, steps: 0 };

  constructor(options: EvaluationSessionOptions) {
    this.#options = options;
    const { name, processedEnv, config = {}, events, controlFrequencyHz, episodes } = options;
    const pace = new Pace({ robotHz: controlFrequencyHz, alwaysReal: true });
    this.#clock = new ControlClock(() => pace.frequencyHz);
    const live = new LiveObserver();
    this.evaluation = {
      observers: [live],
      stopSwitch: this.#switch,
      beforeStep: (signal) => this.#beforeStep(signal),
      onEpisode: (episode) => this.#onEpisode(episode),
    };
    this.#status.plan = {
      task: processedEnv.env.id,
      goal: null,
      max_steps: null,
      warm_up_steps: 0,
      demonstrations: 0,
      fps: controlFrequencyHz,
      environment: "simulation",
      learns: false,
    };
    this.#status.follow(events, []);
    this.#status.setEvaluation({ episode: 0, of: episodes, successes: 0, policy_step: null });
    // A stop during a reset: no step reports it.
    this.#switch.onHold(() => this.#report("holding"));
    this.run = {
      name,
      mode: "live",
      config,
      history: [],
      events,
      controlFrequencyHz,
      status: this.#status,
      ...(processedEnv.display && { scene: processedEnv.display }),
      watched: { observer: live, actor: NAME },
      actions: { stop: this.#switch, actor: this.#switch, pace },
    };
  }

  async #beforeStep(signal = new AbortController().signal): Promise<void> {
    while ((this.#switch.held || this.#switch.paused) && !signal.aborted) {
      this.#report(this.#switch.held ? "holding" : "paused");
      await this.#switch.change(1, signal);
      this.#clock.restart();
    }
    await this.#clock.tick(signal);
    this.#steps += 1;
    this.#report("running");
  }

  #onEpisode(episode: EvaluatedEpisode): void {
    const { success, operatorSteps, length } = episode;
    if (success && operatorSteps === 0) this.#solved += 1;
    const number = episode.episode + 1;
    const { events, episodes, controlFrequencyHz } = this.#options;
    this.#status.setEvaluation({ episode: number, of: episodes, successes: this.#solved, policy_step: null });
    events.emit({
      type: "episode",
      actor: NAME,
      episode: number,
      interaction_step: this.#steps,
      episodic_return: episode.episodicReturn,
      episode_length: length,
      duration_s: length / controlFrequencyHz,
      outcome: success ? "success" : "failure",
      intervention_steps: operatorSteps,
    });
  }

  /** Emits an actor event once a second, and immediately when the state changes. */
  #report(state: "running" | "paused" | "holding"): void {
    const nowMs = performance.now();
    const { atMs, steps, state: before } = this.#reported;
    if (state === before && nowMs - atMs < REPORT_EVERY_MS) return;
    const jitter = this.#clock.jitter();
    const seconds = (nowMs - atMs) / 1000;
    this.#reported = { state, atMs: nowMs, steps: this.#steps };
    this.#options.events.emit({
      type: "actor",
      actor: NAME,
      state,
      interaction_step: this.#steps,
      connected: true,
      control_frequency_hz: Number.isFinite(seconds) ? (this.#steps - steps) / seconds : 0,
      control_jitter_p50_ms: jitter.p50Ms,
      control_jitter_p99_ms: jitter.p99Ms,
      policy_p50_ms: 0,
      policy_p99_ms: 0,
      parameters_version: 0,
      parameters_age_s: 0,
      outbox_records: 0,
      outbox_bytes: 0,
    });
  }
}
