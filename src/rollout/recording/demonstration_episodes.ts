/** The episodes of a recording, one after another: teleoperators steer an environment. */
import type { StepOfTransition } from "../../datasets/writing/write_transitions.ts";
import type { ProcessedEnv } from "../../envs/processed_env.ts";
import type { ActionFeature, ReplayFeatures } from "../../replay/features.ts";
import type { Transition } from "../../replay/transition.ts";
import { experienceOf } from "../../spec/experience.ts";
import { type Teleoperator, verdictOf } from "../../teleoperators/teleoperator.ts";
import { TeleoperatorGroup } from "../../teleoperators/teleoperator_group.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { ControlClock } from "../control/control_clock.ts";
import { Gate } from "../control/gate.ts";
import { StopSwitch } from "../control/stop_switch.ts";
import { Episode } from "../episode.ts";
import { EpisodeRunner, type PlayedStep } from "../episode_runner.ts";
import { labelledReward } from "../label.ts";
import { type ActorObserver, type EpisodeEnd, type EpisodeOutcome, Observers } from "../observer.ts";
import type { SensorFaultError } from "../sensor_fault.ts";
import { teleoperated, withinPolicy } from "../teleoperated_controller.ts";
import { recordedFeatures } from "./recording.ts";

export interface DemonstrationEpisodesOptions {
  /** The recorded observations are the output of its pipeline, as the policy will see them. */
  readonly processedEnv: ProcessedEnv;
  /** Teleoperators, in order of precedence. */
  readonly teleoperators: readonly Teleoperator[];
  /** The policy's action feature. People's actions are clipped to it and to the environment's bounds. */
  readonly action?: ActionFeature;
  /** Steps per second, asked before every step if it is a function; without it, as fast as the environment goes. */
  readonly pacingHz?: number | (() => number | undefined);
  /**
   * Called when an episode ends without a verdict, by the time limit or by a person. The arm then rests until a
   * teleoperator reports success, failure or re-record. Default: such episodes are kept as they are.
   */
  readonly onUndecided?: () => void;
  /** Notified of every episode and step, as an actor's observers are. */
  readonly observers?: readonly ActorObserver[];
  /**
   * Whether the operator has begun. After a reset the arm rests, and nothing is recorded, until it returns true.
   * Default: every episode begins at once.
   */
  readonly hasBegun?: () => boolean;
  /** While it is held or paused the arm rests; once held, the episode is discarded and begins anew. */
  readonly stopSwitch?: StopSwitch;
  /** Ends recording after the current step; the episode that is being recorded is discarded. */
  readonly signal?: AbortSignal;
}

export interface DemonstrationEnd extends EpisodeEnd {
  /** The sensor fault that ended the episode. */
  readonly fault?: SensorFaultError;
}

/** Takes the steps of an episode; the next step waits for it. Arrays are read during the call, never kept. */
export type KeepStep = (step: StepOfTransition) => void | Promise<void>;

/** Period at which people are asked for their verdict. */
const WAIT_PERIOD_S = 0.05;

/** Outcomes that say nothing of whether the task was done. */
const UNDECIDED: ReadonlySet<EpisodeOutcome> = new Set(["time_limit", "terminated"]);

/** An episode with the verdict that came after its end. */
interface Judged {
  readonly outcome: EpisodeOutcome;
  /** Its last step, as the verdict has it. */
  readonly experience: Transition;
  /** Change of the return by the verdict. */
  readonly earned: number;
}

export class DemonstrationEpisodes {
  readonly #teleoperators: TeleoperatorGroup;
  readonly #options: DemonstrationEpisodesOptions;
  readonly #keep: KeepStep;
  readonly #features: ReplayFeatures;
  readonly #observers: Observers;
  readonly #gate: Gate;
  readonly #signal: AbortSignal;
  readonly #runner: EpisodeRunner;
  #episodes = 0;
  /** Emergency stops before the episode that is being recorded. */
  #holds = 0;
  /** Verdict on the current episode, once it has one. */
  #judged: Judged | undefined;

  constructor(options: DemonstrationEpisodesOptions, keep: KeepStep) {
    const { processedEnv, hasBegun } = options;
    const { env, policyActionSpace, restingAction } = processedEnv;
    this.#options = options;
    this.#keep = keep;
    this.#features = recordedFeatures(processedEnv);
    this.#observers = new Observers(options.observers ?? [], (error) => {
      console.error(`an observer failed and is no longer called: ${error}`);
    });
    this.#gate = new Gate({ stopSwitch: options.stopSwitch ?? new StopSwitch() });
    this.#signal = options.signal ?? new AbortController().signal;
    this.#teleoperators = new TeleoperatorGroup(options.teleoperators, { id: env.id, actionSpace: policyActionSpace });
    const space = options.action ? withinPolicy(policyActionSpace, options.action) : policyActionSpace;
    const action = Tensor.of([restingAction.length], restingAction);
    this.#runner = new EpisodeRunner({
      processedEnv,
      gate: this.#gate,
      clock: new ControlClock(options.pacingHz),
      signal: this.#signal,
      controller: teleoperated({ act: () => ({ action }), ...(hasBegun && { hasBegun }) }, this.#teleoperators, space),
      sink: {
        onEpisodeStart: (start) => this.#observers.onEpisodeStart(start),
        onStep: (step, episode) => this.#recordStep(step, episode),
      },
    });
  }

  /** @throws what the first teleoperator throws that cannot be connected. */
  async connect(): Promise<void> {
    await this.#teleoperators.connect();
  }

  async disconnect(): Promise<void> {
    await this.#teleoperators.disconnect();
  }

  /**
   * Plays one episode. One in which the robot was stopped is to be recorded again.
   *
   * @param seed Of the environment's reset, and of programs that steer. Default: their generators continue.
   * @throws the environment's, a processor's, a teleoperator's or `keep`'s error.
   */
  async play(seed: number | undefined): Promise<DemonstrationEnd> {
    // A reset moves the robot, too.
    await this.#gate.untilFree(this.#signal);
    const episode = new Episode(++this.#episodes);
    if (this.#signal.aborted) return episode.end();
    this.#holds = this.#gate.stopSwitch.holds;
    const { fault } = await this.#runner.run(episode, seed === undefined ? {} : { seed });
    const judged = this.#judged;
    this.#judged = undefined;
    const { episodicReturn, ...end } = episode.end(
      fault ? "sensor_fault" : this.#wasHeld ? "rerecorded" : judged?.outcome,
    );
    const total = { ...end, episodicReturn: episodicReturn + (judged?.earned ?? 0) };
    this.#observers.onEpisodeEnd(total);
    return { ...total, ...(fault && { fault }) };
  }

  get #wasHeld(): boolean {
    return this.#gate.stopSwitch.holds !== this.#holds;
  }

  async #recordStep({ transition, ...step }: PlayedStep, episode: Episode): Promise<void> {
    const { onUndecided } = this.#options;
    const experience = experienceOf(step.observation, transition, this.#features);
    this.#observers.onStep({ ...step, experience });
    if (onUndecided && episode.isOver && UNDECIDED.has(episode.end().outcome)) {
      onUndecided();
      this.#judged = await this.#judge(experience);
    }
    await this.#keep(this.#judged?.experience ?? experience);
  }

  /** Waits for a verdict on an episode that has none; undefined when it is not to be kept whatever the verdict. */
  async #judge(last: Transition): Promise<Judged | undefined> {
    while (!this.#wasHeld && !this.#signal.aborted) {
      const verdict = verdictOf(this.#teleoperators.read().events);
      if (verdict === "rerecord") return { outcome: "rerecorded", experience: last, earned: 0 };
      if (verdict !== undefined) {
        const reward = labelledReward(verdict, last.reward);
        const experience = { ...last, reward, terminated: true, truncated: false };
        return { outcome: verdict, experience, earned: reward - last.reward };
      }
      await this.#gate.stopSwitch.change(WAIT_PERIOD_S, this.#signal);
    }
    return undefined;
  }
}
