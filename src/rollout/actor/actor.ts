/**
 * The actor: drives the robot with the newest weights, lets people take over, and sends every transition as it happens.
 * One step: wait for its time · take new weights · ask the policy and the people · act · send.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvents } from "../../metrics/run_events.ts";
import type { Policy } from "../../policies/policy.ts";
import type { PolicyProcessors } from "../../processors/policy_processors.ts";
import type { ProcessorTransition } from "../../processors/transition.ts";
import { isIntervention } from "../../processors/transition.ts";
import type { ReplayFeatures } from "../../replay/features.ts";
import type { EpisodeReport } from "../../spec/actor_report.ts";
import type { Teleoperator } from "../../teleoperators/teleoperator.ts";
import { TeleoperatorGroup } from "../../teleoperators/teleoperator_group.ts";
import type { Random } from "../../tensor/random.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { ActorEndpoint } from "../../transport/transport.ts";
import { ControlClock } from "../control_clock.ts";
import { type ProcessedEnv, resetAndBuildTransition } from "../env_step.ts";
import { Episode } from "../episode.ts";
import { type EpisodeLabel, LabelledEpisode } from "../label.ts";
import { type ActorObserver, type EpisodeOutcome, Observers } from "../observer.ts";
import type { Pace } from "../pace.ts";
import { StopSwitch } from "../stop_switch.ts";
import { Watchdog, type WatchdogSettings } from "../watchdog.ts";
import { type ActorState, ActorStatus, unreceived } from "./actor_status.ts";
import { ControlStep } from "./control_step.ts";
import { TransitionSender } from "./transition_sender.ts";
import { WeightsReceiver } from "./weights_receiver.ts";

export interface ActorOptions {
  /** For events and metrics; `"actor"` unless told. */
  readonly name?: string;
  readonly processedEnv: ProcessedEnv;
  readonly policy: Pick<Policy, "act" | "reset" | "loadWeights">;
  readonly processors: PolicyProcessors;
  /** What is sent of every step. */
  readonly features: ReplayFeatures;
  readonly endpoint: ActorEndpoint;
  readonly events: RunEvents;
  /** Who may take over, by precedence: people before their stand-ins. */
  readonly teleoperators?: readonly Teleoperator[];
  readonly observers?: readonly ActorObserver[];
  /** Steps per second on a real clock, asked before every step; without it, as fast as everything goes. */
  readonly pace?: Pick<Pace, "frequencyHz">;
  /** Seconds between two episodes, for whoever puts the object back. */
  readonly resetTimeS?: number;
  /** Where the run ends, counted from its very beginning. */
  readonly steps: number;
  /** Steps taken before this process began. */
  readonly stepsTaken?: number;
  /** Draws the seeds of every episode and of the exploration in it: an episode depends on nothing before it but weights. */
  readonly random: Random;
  /** Share of the episodes in which the policy acts without exploration noise; 0 unless told. */
  readonly deterministicEpisodes?: number;
  readonly watchdog: WatchdogSettings;
  /** Transitions the learner may be behind before the robot waits for it; without it, as many as the outbox holds. */
  readonly maxAhead?: number;
  /** The learner's turn in lockstep, after every step. @returns the version of weights that the next step waits for. */
  readonly afterStep?: () => Promise<number | undefined>;
  /** Ends the run after the present step. */
  readonly signal?: AbortSignal;
}

export interface ActorSummary {
  readonly reason: "steps" | "stopped";
  /** Of this process. */
  readonly steps: number;
  readonly episodes: number;
  readonly successes: number;
  readonly interventionSteps: number;
}

/** A robot that must not move looks up this often. */
const HOLD_PERIOD_S = 0.05;
/** … and one that waits for the learner this often. */
const WAIT_PERIOD_S = 0.002;
const REPORT_PERIOD_MS = 1000;

export class Actor {
  readonly name: string;
  readonly #options: ActorOptions;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #switch = new StopSwitch();
  readonly #clock: ControlClock;
  readonly #teleoperators: TeleoperatorGroup;
  readonly #control: ControlStep;
  readonly #weights: WeightsReceiver;
  readonly #outgoing: TransitionSender;
  readonly #observers: Observers;
  readonly #watchdog: Watchdog;
  readonly #status: ActorStatus;
  /** `undefined` until `run`. */
  #state: ActorState | undefined;
  #movingSinceMs = 0;
  #stepsTaken: number;
  #episodes = 0;
  #summary = { steps: 0, episodes: 0, successes: 0, interventionSteps: 0 };
  #lastEpisode: LabelledEpisode | undefined;

  /** @throws Error for a teleoperator without capabilities. */
  constructor(options: ActorOptions) {
    const { name = "actor", endpoint, policy, processedEnv, signal } = options;
    this.name = name;
    this.#options = options;
    this.#stepsTaken = options.stepsTaken ?? 0;
    this.#signal = signal ? AbortSignal.any([signal, this.#stopping.signal]) : this.#stopping.signal;
    this.#clock = new ControlClock(() => options.pace?.frequencyHz);
    this.#teleoperators = new TeleoperatorGroup(options.teleoperators ?? [], processedEnv.env);
    this.#control = new ControlStep({ ...options, teleoperators: this.#teleoperators });
    this.#weights = new WeightsReceiver(endpoint, policy);
    const notice = (level: "info" | "warn" | "error", message: string) => this.#notice(level, message);
    this.#outgoing = new TransitionSender(endpoint, options.features, this.#signal, notice);
    this.#observers = new Observers(options.observers ?? [], (error) => {
      notice("error", `an observer failed and is not told of anything any more: ${messageOf(error)}`);
    });
    this.#watchdog = new Watchdog(options.watchdog, notice);
    this.#status = new ActorStatus({ name, endpoint, clock: this.#clock, policyMs: this.#control.policyMs });
  }

  get state(): ActorState {
    if (this.#state === "running" && this.#outgoing.blocked) return "waiting";
    return this.#state ?? "waiting";
  }

  /** Environment steps of the run so far. */
  get interactionStep(): number {
    return this.#stepsTaken;
  }

  /** The robot stands still after the present step, until `resume`; the episode then goes on. Move nothing meanwhile. */
  pause(): void {
    this.#switch.pause();
  }

  resume(): void {
    this.#switch.resume();
  }

  /** Whether `pause` was called last, also while an emergency stop holds the robot. */
  get paused(): boolean {
    return this.#switch.paused;
  }

  /** The robot stands still after the present step, whatever people pause and resume meanwhile. @returns ends it. */
  keepStill(): () => void {
    return this.#switch.keepStill();
  }

  /** For whoever moves something else in this actor's place: an emergency stop stops that, too. */
  get stopSwitch(): Pick<StopSwitch, "held" | "holds" | "change"> {
    return this.#switch;
  }

  /** Emergency stop: no further step until `release`. The episode ends here; the next one begins with a reset. */
  hold(): void {
    this.#switch.hold();
  }

  release(): void {
    this.#switch.release();
  }

  /** Ends `run` after the present step. */
  stop(): void {
    this.#stopping.abort();
  }

  /** What a person says of the episode that ended last; undefined when nobody said anything. */
  get lastLabel(): { readonly episode: number; readonly label: EpisodeLabel | undefined } | undefined {
    const last = this.#lastEpisode;
    return last && { episode: last.episode, label: last.label };
  }

  /**
   * Labels the episode that ended last anew, also in the learner's buffers; undefined takes every label back.
   *
   * @throws Error before the first episode has ended.
   */
  async relabel(label: EpisodeLabel | undefined): Promise<{ readonly episode: number }> {
    if (this.#lastEpisode === undefined) throw new Error("no episode has ended yet: there is nothing to label");
    const { step, episode } = this.#lastEpisode.relabel(label);
    await this.#outgoing.report(step);
    await this.#reportEpisode(episode);
    return { episode: episode.episode };
  }

  /** Takes a person's verdict on the last episode back. @throws Error when there is none. */
  async undoLabel(): Promise<{ readonly label: EpisodeLabel; readonly episode: number }> {
    const label = this.#lastEpisode?.label;
    if (label === undefined) throw new Error("nobody labelled the last episode: there is nothing to take back");
    return { label, ...(await this.relabel(undefined)) };
  }

  /**
   * Acts until the steps are done or somebody stops it; to be called once. An episode that this cuts off is not reported.
   *
   * @throws TransportError when the connection has failed for good; the environment's, a processor's or a
   * teleoperator's error.
   */
  async run(): Promise<ActorSummary> {
    if (this.#state !== undefined) throw new Error("this actor has run already: make a new one");
    this.#state = "waiting";
    await this.#teleoperators.connect();
    const reporting = setInterval(() => this.#report(), REPORT_PERIOD_MS).unref();
    try {
      await this.#weights.applyFirst(this.#signal, (level, message) => this.#notice(level, message));
      this.#movingSinceMs = performance.now();
      while (!this.#isDone) await this.#runEpisode();
      await this.#outgoing.lastId();
      return { reason: this.#stepsTaken >= this.#options.steps ? "steps" : "stopped", ...this.#summary };
    } finally {
      clearInterval(reporting);
      this.#state = "stopped";
      this.#report();
      await this.#teleoperators.disconnect();
    }
  }

  get #isDone(): boolean {
    return this.#signal.aborted || this.#stepsTaken >= this.#options.steps;
  }

  async #runEpisode(): Promise<void> {
    const { processedEnv, policy, random } = this.#options;
    // A reset moves the robot, too.
    await this.#untilFree();
    if (this.#isDone) return;
    const holds = this.#switch.holds;
    const episode = new Episode(++this.#episodes, random.uniform() < (this.#options.deterministicEpisodes ?? 0));
    await policy.reset({ random: random.fork() });
    const seed = random.integer(2 ** 32);
    let last = await resetAndBuildTransition(processedEnv, { seed });
    this.#teleoperators.startEpisode();
    this.#observers.onEpisodeStart({ episode: episode.number, observation: last.observation!, seed });
    this.#clock.restart();
    while (!episode.isOver && !this.#isDone) {
      const held = (await this.#untilFree()) || this.#switch.holds > holds;
      if (held) {
        await this.#conclude(episode, last, "terminated");
        return;
      }
      await this.#clock.tick(this.#signal);
      // Waiting for a step's time, somebody may have said stop.
      if (this.#isDone || this.#mustStand() !== undefined) continue;
      last = await this.#step(episode, last.observation!);
    }
    if (!episode.isOver) return;
    await this.#conclude(episode, last);
    const { resetTimeS = 0 } = this.#options;
    if (resetTimeS > 0) await sleep(1000 * resetTimeS, undefined, { signal: this.#signal }).catch(() => {});
  }

  async #step(episode: Episode, observation: TensorRecord): Promise<ProcessorTransition> {
    this.#weights.applyNewest();
    const { transition, policyAction, experience } = await this.#control.run(observation, episode.deterministic);
    episode.add(transition);
    this.#stepsTaken += 1;
    this.#summary.steps += 1;
    const intervened = isIntervention(transition);
    if (intervened) this.#summary.interventionSteps += 1;
    await this.#outgoing.transition(experience);
    this.#observers.onStep({
      episode: episode.number,
      episodeStep: episode.length,
      interactionStep: this.#stepsTaken,
      observation,
      policyAction,
      action: experience.action,
      isIntervention: intervened,
      steeredBy: transition.teleoperation?.by ?? null,
      reward: transition.reward,
      nextObservation: transition.observation!,
      terminated: transition.terminated,
      truncated: transition.truncated,
      info: transition.info,
      experience,
    });
    const version = await this.#options.afterStep?.();
    if (version !== undefined) await this.#weights.applyVersion(version, this.#signal);
    return transition;
  }

  /** Reports an episode: to the learner, to this process's events, to observers. One without steps is none. */
  async #conclude(episode: Episode, last: ProcessorTransition, outcome?: EpisodeOutcome): Promise<void> {
    if (episode.length === 0) return;
    const end = episode.end(outcome);
    const id = await this.#outgoing.lastId();
    this.#summary.episodes += 1;
    if (end.outcome === "success") this.#summary.successes += 1;
    const report: EpisodeReport = {
      kind: "episode",
      actor: this.name,
      episode: end.episode,
      interaction_step: this.#stepsTaken,
      episodic_return: end.episodicReturn,
      episode_length: end.length,
      outcome: end.outcome,
      intervention_steps: end.interventionSteps,
      interventions: end.interventions,
      duration_s: end.durationS,
    };
    this.#lastEpisode = id && new LabelledEpisode(report, id, last);
    await this.#reportEpisode(report);
    this.#observers.onEpisodeEnd(end);
  }

  async #reportEpisode(report: EpisodeReport): Promise<void> {
    await this.#outgoing.report(report);
    const { kind: _, ...numbers } = report;
    this.#options.events.emit({ type: "episode", ...numbers });
  }

  /** Waits while the robot must stand still. @returns whether it was held, so that the episode cannot go on. */
  async #untilFree(): Promise<boolean> {
    let held = false;
    let stood = false;
    for (let state = this.#mustStand(); state !== undefined && !this.#signal.aborted; state = this.#mustStand()) {
      if (this.#options.endpoint.status === "failed") await this.#options.endpoint.ready(0);
      this.#state = state;
      stood = true;
      held ||= state === "holding";
      await this.#switch.change(state === "waiting" ? WAIT_PERIOD_S : HOLD_PERIOD_S, this.#signal);
    }
    if (stood) this.#clock.restart();
    this.#state = "running";
    return held;
  }

  /** Why the robot must stand still, if it must. Weights do not age while people want it to. */
  #mustStand(): "paused" | "holding" | "waiting" | undefined {
    const nowMs = performance.now();
    if (this.#switch.held || this.#switch.stands) {
      this.#movingSinceMs = nowMs;
      return this.#switch.held ? "holding" : "paused";
    }
    const { endpoint, maxAhead = Number.POSITIVE_INFINITY } = this.#options;
    const { weightsAgeS, disconnectedS, transitions } = endpoint.metrics();
    const age = Math.min(weightsAgeS, (nowMs - this.#movingSinceMs) / 1000);
    if (!this.#watchdog.check({ weightsAgeS: age, disconnectedS })) return "holding";
    // A step that cannot be kept must not be taken.
    if (transitions.problem !== undefined) return "waiting";
    return unreceived(transitions) > maxAhead ? "waiting" : undefined;
  }

  #report(): void {
    const [state, interactionStep] = [this.state, this.#stepsTaken];
    const weightsVersion = this.#weights.version;
    this.#options.events.emit(this.#status.event({ state, interactionStep, weightsVersion }));
  }

  #notice(level: "info" | "warn" | "error", message: string): void {
    const interaction_step = this.#stepsTaken;
    this.#options.events.emit({ type: "notice", level, source: this.name, message, interaction_step });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
