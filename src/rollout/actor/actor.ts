/**
 * The actor: drives the robot with the newest weights, lets people take over, and sends every transition at once.
 * One step: wait for its time · load new weights · run the policy and read the teleoperators · act · send.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessorTransition } from "../../processors/transition.ts";
import type { EpisodeReport } from "../../spec/actor_report.ts";
import { experienceOf } from "../../spec/experience.ts";
import { TeleoperatorGroup } from "../../teleoperators/teleoperator_group.ts";
import { ControlClock } from "../control/control_clock.ts";
import { Gate, holdOnStop, type Obstacle } from "../control/gate.ts";
import { StopSwitch, type SwitchState } from "../control/stop_switch.ts";
import { Watchdog } from "../control/watchdog.ts";
import { Episode } from "../episode.ts";
import { type Controller, EpisodeRunner, type PlayedEpisode, type PlayedStep } from "../episode_runner.ts";
import { type EpisodeLabel, LabelledEpisode } from "../label.ts";
import { type EpisodeOutcome, Observers } from "../observer.ts";
import { PolicyController } from "../policy_controller.ts";
import { MOST_FAULTS_IN_A_ROW, type SensorFaultError } from "../sensor_fault.ts";
import { teleoperated, withinPolicy } from "../teleoperated_controller.ts";
import type { ActorOptions, ActorSummary } from "./actor_options.ts";
import { type ActorState, ActorStatus, unreceived } from "./actor_status.ts";
import { TransitionSender } from "./transition_sender.ts";
import { WeightsReceiver } from "./weights_receiver.ts";

const ENDED_BY: Readonly<Partial<Record<PlayedEpisode["ending"], EpisodeOutcome>>> = {
  held: "terminated",
  sensor_fault: "sensor_fault",
};
/** Seconds until the robot is reset after a sensor failed: a camera that reconnects needs a moment. */
const FAULT_PAUSE_S = 1;

const REPORT_PERIOD_MS = 1000;

export class Actor {
  readonly name: string;
  readonly #options: ActorOptions;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #switch = new StopSwitch();
  readonly #clock: ControlClock;
  readonly #teleoperators: TeleoperatorGroup;
  readonly #gate: Gate;
  readonly #runner: EpisodeRunner;
  /** Aborts when the last step has been taken. */
  readonly #allSteps = new AbortController();
  readonly #weights: WeightsReceiver;
  readonly #outgoing: TransitionSender;
  readonly #observers: Observers;
  readonly #watchdog: Watchdog;
  readonly #status: ActorStatus;
  /** `undefined` until `run`. */
  #state: ActorState | undefined;
  #movingSinceMs = 0;
  #episodes = 0;
  /** Upper bound on the episodes of this session's earlier processes: an episode has at least one transition. */
  readonly #earlierEpisodes: number;
  #summary = { steps: 0, episodes: 0, successes: 0, interventionSteps: 0, sensorFaults: 0 };
  /** Faults since the last step that was taken. */
  #faultsInARow = 0;
  #lastEpisode: LabelledEpisode | undefined;
  #isInEpisode = false;
  #afterEpisode: (() => void)[] = [];

  /** @throws Error for a teleoperator without capabilities. */
  constructor(options: ActorOptions) {
    const { name = "actor", endpoint, policy, processedEnv, signal } = options;
    this.name = name;
    this.#options = options;
    this.#signal = signal ? AbortSignal.any([signal, this.#stopping.signal]) : this.#stopping.signal;
    this.#clock = new ControlClock(() => options.pace?.frequencyHz);
    const { env, policyActionSpace } = processedEnv;
    this.#teleoperators = new TeleoperatorGroup(options.teleoperators ?? [], {
      id: env.id,
      actionSpace: policyActionSpace,
    });
    this.#weights = new WeightsReceiver(endpoint, policy);
    const notice = (level: "info" | "warn" | "error", message: string) => this.#notice(level, message);
    this.#earlierEpisodes = endpoint.metrics().transitions.last;
    this.#outgoing = new TransitionSender(endpoint, options.features, this.#signal, notice);
    this.#observers = new Observers(options.observers ?? [], (error) => {
      notice("error", `an observer failed and is no longer called: ${messageOf(error)}`);
    });
    this.#watchdog = new Watchdog(options.watchdog, notice);
    const { processors, features, stepsTaken = 0 } = options;
    const actionSpace = withinPolicy(policyActionSpace, features.action);
    const control = new PolicyController({ policy, processors, actionSpace });
    const newest: Controller = {
      act: (observation, episode) => {
        this.#weights.applyNewest();
        return control.act(observation, episode);
      },
    };
    this.#gate = new Gate({
      stopSwitch: this.#switch,
      obstacle: () => this.#obstacle(),
      onState: (obstacle) => this.#onGate(obstacle),
    });
    this.#runner = new EpisodeRunner({
      processedEnv,
      stepsTaken,
      gate: this.#gate,
      clock: this.#clock,
      controller: teleoperated(newest, this.#teleoperators, actionSpace),
      sink: {
        onEpisodeStart: (start) => this.#observers.onEpisodeStart(start),
        onStep: (step) => this.#afterStep(step),
      },
      signal: AbortSignal.any([this.#signal, this.#allSteps.signal]),
    });
    this.#status = new ActorStatus({ name, endpoint, clock: this.#clock, policyMs: control.policyMs });
  }

  get state(): ActorState {
    if (this.#state === "running" && this.#outgoing.blocked) return "waiting";
    return this.#state ?? "waiting";
  }

  /** Environment steps of the run so far. */
  get interactionStep(): number {
    return this.#runner.stepsTaken;
  }

  /** The robot stands still after the current step, until `resume`; the episode then continues. Move nothing meanwhile. */
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

  /** The robot stands still after the current step, regardless of `pause` and `resume`. @returns a function that ends this. */
  keepStill(): () => void {
    return this.#switch.keepStill();
  }

  /**
   * The robot stands still after the current episode, or at once between two, regardless of `pause` and `resume`: for a
   * caller that needs the environment itself.
   *
   * @returns once it stands: a function that ends this.
   */
  async standBetweenEpisodes(): Promise<() => void> {
    if (!this.#isInEpisode) return this.keepStill();
    return await new Promise((resolve) => this.#afterEpisode.push(() => resolve(this.keepStill())));
  }

  /** For a caller that moves the robot while this actor is paused or kept still: an emergency stop applies to it, too. */
  get stopSwitch(): SwitchState {
    return this.#switch.emergencyOnly;
  }

  /** Emergency stop: no further step until `release`. The episode ends here; the next one begins with a reset. */
  hold(): void {
    this.#switch.hold();
  }

  release(): void {
    this.#switch.release();
  }

  /** Ends `run` after the current step. */
  stop(): void {
    this.#stopping.abort();
  }

  /** The person's verdict on the episode that ended last; undefined without one. */
  get lastLabel(): { readonly episode: number; readonly label: EpisodeLabel | undefined } | undefined {
    const last = this.#lastEpisode;
    return last && { episode: last.episode, label: last.label };
  }

  /**
   * Relabels the episode that ended last, also in the learner's buffers; undefined removes the label.
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
    if (label === undefined) throw new Error("there is no label to undo: the last episode has none");
    return { label, ...(await this.relabel(undefined)) };
  }

  /**
   * Acts until the steps are done or it is stopped; to be called once. An episode cut off by this is not reported.
   *
   * @throws TransportError when the connection has failed for good; SensorFaultError where a broken sensor ends the run; the
   * environment's, a processor's or a teleoperator's error.
   */
  async run(): Promise<ActorSummary> {
    if (this.#state !== undefined) throw new Error("this actor has run already: make a new one");
    this.#state = "waiting";
    return await holdOnStop(this.#switch, this.#options.processedEnv.env, () => this.#run());
  }

  async #run(): Promise<ActorSummary> {
    await this.#teleoperators.connect();
    const reporting = setInterval(() => this.#report(), REPORT_PERIOD_MS).unref();
    try {
      await this.#weights.applyFirst(this.#signal, (level, message) => this.#notice(level, message));
      this.#movingSinceMs = performance.now();
      while (!this.#isDone) await this.#runEpisode();
      await this.#outgoing.lastId();
      return { reason: this.#runner.stepsTaken >= this.#options.steps ? "steps" : "stopped", ...this.#summary };
    } finally {
      clearInterval(reporting);
      this.#state = "stopped";
      this.#report();
      await this.#teleoperators.disconnect();
    }
  }

  get #isDone(): boolean {
    return this.#signal.aborted || this.#runner.stepsTaken >= this.#options.steps;
  }

  async #runEpisode(): Promise<void> {
    // A reset moves the robot, too.
    await this.#gate.untilFree(this.#signal);
    if (this.#isDone) return;
    this.#isInEpisode = true;
    try {
      await this.#playEpisode();
    } finally {
      this.#isInEpisode = false;
      for (const stand of this.#afterEpisode.splice(0)) stand();
    }
  }

  async #playEpisode(): Promise<void> {
    const { policy, random, deterministicEpisodes = 0, resetTimeS = 0 } = this.#options;
    const episode = new Episode(++this.#episodes, random.uniform() < deterministicEpisodes);
    await policy.reset({ random: random.fork() });
    const { ending, last, fault } = await this.#runner.run(episode, { seed: random.integer(2 ** 32) });
    if (ending === "aborted") return;
    await this.#conclude(episode, last, ENDED_BY[ending]);
    if (fault) await this.#afterFault(episode, fault);
    else if (ending === "over") await this.#sleep(resetTimeS);
  }

  async #afterFault(episode: Episode, fault: SensorFaultError): Promise<void> {
    this.#summary.sensorFaults += 1;
    this.#faultsInARow = episode.length > 0 ? 1 : this.#faultsInARow + 1;
    const { onSensorFault = "continue" } = this.#options;
    if (onSensorFault === "stop" || this.#faultsInARow === MOST_FAULTS_IN_A_ROW) throw fault;
    this.#notice(
      "warn",
      `${fault.message}. The robot holds, the episode ends here, and the next one begins with a reset`,
    );
    await this.#sleep(FAULT_PAUSE_S);
  }

  async #sleep(seconds: number): Promise<void> {
    if (seconds > 0) await sleep(1000 * seconds, undefined, { signal: this.#signal }).catch(() => {});
  }

  async #afterStep({ transition, ...step }: PlayedStep): Promise<void> {
    this.#summary.steps += 1;
    if (step.isIntervention) this.#summary.interventionSteps += 1;
    const experience = {
      ...experienceOf(step.observation, transition, this.#options.features),
      episode: this.#earlierEpisodes + this.#episodes,
    };
    await this.#outgoing.transition(experience);
    this.#observers.onStep({ ...step, experience });
    const version = await this.#options.afterStep?.();
    if (version !== undefined) await this.#weights.applyVersion(version, this.#signal);
    if (this.#isDone) this.#allSteps.abort();
  }

  /** Reports an episode to the learner, to this process's events and to observers. One without a step counts only as a fault. */
  async #conclude(episode: Episode, last: ProcessorTransition | undefined, outcome?: EpisodeOutcome): Promise<void> {
    if (episode.length === 0 && outcome !== "sensor_fault") return;
    const end = episode.end(outcome);
    const id = await this.#outgoing.lastId();
    this.#summary.episodes += 1;
    if (end.outcome === "success") this.#summary.successes += 1;
    const report: EpisodeReport = {
      kind: "episode",
      actor: this.name,
      episode: end.episode,
      interaction_step: this.#runner.stepsTaken,
      episodic_return: end.episodicReturn,
      episode_length: end.length,
      outcome: end.outcome,
      intervention_steps: end.interventionSteps,
      interventions: end.interventions,
      duration_s: end.durationS,
    };
    this.#lastEpisode = id && last && episode.length > 0 ? new LabelledEpisode(report, id, last) : undefined;
    await this.#reportEpisode(report);
    this.#observers.onEpisodeEnd(end);
  }

  async #reportEpisode(report: EpisodeReport): Promise<void> {
    await this.#outgoing.report(report);
    const { kind: _, ...numbers } = report;
    this.#options.events.emit({ type: "episode", ...numbers });
  }

  /** While a person keeps the robot still, weights do not age. */
  async #onGate(obstacle: Obstacle | undefined): Promise<void> {
    const { endpoint } = this.#options;
    if (obstacle !== undefined && endpoint.status === "failed") await endpoint.ready(0);
    if (this.#switch.held || this.#switch.stands) this.#movingSinceMs = performance.now();
    this.#state = obstacle ?? "running";
  }

  /** Keeps the robot from moving even though no person does. */
  #obstacle(): "holding" | "waiting" | undefined {
    const { endpoint, maxAhead = Number.POSITIVE_INFINITY } = this.#options;
    const { weightsAgeS, disconnectedS, transitions } = endpoint.metrics();
    const age = Math.min(weightsAgeS, (performance.now() - this.#movingSinceMs) / 1000);
    if (!this.#watchdog.check({ weightsAgeS: age, disconnectedS })) return "holding";
    // A step that cannot be kept must not be taken.
    if (transitions.problem !== undefined) return "waiting";
    return unreceived(transitions) > maxAhead ? "waiting" : undefined;
  }

  #report(): void {
    const [state, interactionStep] = [this.state, this.#runner.stepsTaken];
    const weightsVersion = this.#weights.version;
    this.#options.events.emit(this.#status.event({ state, interactionStep, weightsVersion }));
  }

  #notice(level: "info" | "warn" | "error", message: string): void {
    const interaction_step = this.#runner.stepsTaken;
    this.#options.events.emit({ type: "notice", level, source: this.name, message, interaction_step });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
