/** Records demonstrations: teleoperators steer an environment, every step becomes a row of a dataset. */
import type { DatasetRecorder } from "../../datasets/writing/dataset_recorder.ts";
import type { ProcessedEnv } from "../../envs/processed_env.ts";
import { countsForPolicy } from "../../metrics/run_event.ts";
import type { ActionFeature, ReplayFeatures } from "../../replay/features.ts";
import type { Transition } from "../../replay/transition.ts";
import { experienceOf } from "../../spec/experience.ts";
import { type Teleoperator, verdictOf } from "../../teleoperators/teleoperator.ts";
import { TeleoperatorGroup } from "../../teleoperators/teleoperator_group.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { ControlClock } from "../control/control_clock.ts";
import { Gate, holdOnStop } from "../control/gate.ts";
import { StopSwitch } from "../control/stop_switch.ts";
import { Episode } from "../episode.ts";
import { EpisodeRunner, type PlayedStep } from "../episode_runner.ts";
import { labelledReward } from "../label.ts";
import { type ActorObserver, type EpisodeEnd, type EpisodeOutcome, Observers } from "../observer.ts";
import { MOST_FAULTS_IN_A_ROW, type SensorFaultError } from "../sensor_fault.ts";
import { episodeSeed } from "../start_seed.ts";
import { teleoperated, withinPolicy } from "../teleoperated_controller.ts";
import { recordedFeatures } from "./recording.ts";

export interface RecordDemonstrationsOptions {
  /** What its pipeline shows is recorded: what the policy will see. */
  readonly processedEnv: ProcessedEnv;
  /** Whoever steers, by precedence. */
  readonly teleoperators: readonly Teleoperator[];
  readonly recorder: DatasetRecorder;
  /** Episodes to add to the dataset. */
  readonly episodes: number;
  /** What is being done, as text. */
  readonly task: string;
  /**
   * Seeds the environment before every episode, each with a seed of its own that is stored with the episode, so that it can
   * be replayed from where it began. The first one's is this. Without it nothing is known of how episodes began.
   */
  readonly seed?: number;
  /** What the policy can do; people's actions are clipped to it, and to the environment's bounds. */
  readonly action?: ActionFeature;
  /** Steps per second, asked before every step if it is a function; without it, as fast as the environment goes. */
  readonly pacingHz?: number | (() => number | undefined);
  /** Record an episode again unless the task was solved. */
  readonly onlySuccessful?: boolean;
  /**
   * An episode that ends without a verdict, of time or because somebody ended it, waits for one, and this is told of it: the
   * arm rests until somebody who steers says success, failure, or that it is to be recorded again. Without this it is kept
   * as it is.
   */
  readonly onUndecided?: () => void;
  readonly onEpisode?: (episode: RecordedEpisode) => void;
  /** Told of every episode and step as they happen, as those of an actor are. */
  readonly observers?: readonly ActorObserver[];
  /**
   * Whether whoever steers has begun: after a reset the arm rests and nothing is recorded until then. Without it every
   * episode begins at once.
   */
  readonly hasBegun?: () => boolean;
  /** While it is held or paused the arm rests; once held, the episode is discarded and begins anew. */
  readonly stopSwitch?: StopSwitch;
  /** Ends recording after the current step; the episode that is being recorded is discarded. */
  readonly signal?: AbortSignal;
}

export interface RecordedEpisode {
  /** Index in the dataset; the next one's for an episode that was not kept. */
  readonly episodeIndex: number;
  readonly frames: number;
  readonly totalReward: number;
  readonly outcome: EpisodeOutcome;
  readonly interventionSteps: number;
  readonly durationS: number;
  readonly kept: boolean;
  /** What a broken sensor reported, which ended the episode. */
  readonly fault?: SensorFaultError;
}

/** Period at which people are asked for their verdict. */
const WAIT_PERIOD_S = 0.05;
/** Attempts in a row that may fail before recording gives up (with `onlySuccessful`). */
const MOST_FAILED_ATTEMPTS = 50;

/**
 * @returns The episodes that were kept; fewer than asked for when the signal ended recording.
 * @throws SensorFaultError when a sensor fails in many episodes in a row; Error when the environment, a processor, a
 * teleoperator or the recorder fails; saved episodes stay.
 */
export async function recordDemonstrations(options: RecordDemonstrationsOptions): Promise<RecordedEpisode[]> {
  return await holdOnStop(options.stopSwitch, options.processedEnv.env, () => record(options));
}

async function record(options: RecordDemonstrationsOptions): Promise<RecordedEpisode[]> {
  const { recorder, onlySuccessful = false, signal } = options;
  const recording = new Recording(options);
  const kept: RecordedEpisode[] = [];
  let failures = 0;
  let faults = 0;
  await recording.teleoperators.connect();
  try {
    for (let attempt = 0; kept.length < options.episodes && !signal?.aborted; attempt++) {
      const seed = options.seed === undefined ? undefined : episodeSeed(options.seed, attempt);
      const { outcome, episodicReturn, interventionSteps, durationS, fault } = await recording.recordEpisode(seed);
      const isUsable = countsForPolicy(outcome);
      faults = fault ? faults + 1 : 0;
      if (fault && faults === MOST_FAULTS_IN_A_ROW) throw fault;
      const keep = isUsable && !signal?.aborted && (outcome === "success" || !onlySuccessful);
      const { episodes: episodeIndex, frames } = recorder;
      const numbers = { totalReward: episodicReturn, outcome, interventionSteps, durationS, ...(fault && { fault }) };
      const episode = { episodeIndex, frames, ...numbers, kept: keep };
      if (keep) {
        await recorder.saveEpisode({ start: seed === undefined ? undefined : { seed, resets: 0 } });
        kept.push(episode);
        failures = 0;
      } else {
        await recorder.discardEpisode();
        if (isUsable && onlySuccessful && ++failures >= MOST_FAILED_ATTEMPTS) {
          throw new Error(`${failures} episodes in a row did not solve the task; recorded ${kept.length} so far`);
        }
      }
      options.onEpisode?.(episode);
    }
  } catch (error) {
    await recorder.discardEpisode().catch(() => {});
    throw error;
  } finally {
    await recording.teleoperators.disconnect();
  }
  return kept;
}

/** Outcomes that say nothing of whether the task was done. */
const UNDECIDED: ReadonlySet<EpisodeOutcome> = new Set(["time_limit", "terminated"]);

/** An episode with the verdict that came after its end. */
interface Judged {
  readonly outcome: EpisodeOutcome;
  /** Its last step, as the verdict has it. */
  readonly experience: Transition;
  /** What the verdict added to the return. */
  readonly earned: number;
}

/** Records one episode after another. */
class Recording {
  readonly teleoperators: TeleoperatorGroup;
  readonly #options: RecordDemonstrationsOptions;
  readonly #features: ReplayFeatures;
  readonly #observers: Observers;
  readonly #gate: Gate;
  readonly #signal: AbortSignal;
  readonly #runner: EpisodeRunner;
  #episodes = 0;
  /** Emergency stops before the episode that is being recorded. */
  #holds = 0;
  /** Of the episode that is being recorded, once somebody has judged it. */
  #judged: Judged | undefined;

  constructor(options: RecordDemonstrationsOptions) {
    const { processedEnv, hasBegun } = options;
    const { env, policyActionSpace, restingAction } = processedEnv;
    this.#options = options;
    this.#features = recordedFeatures(processedEnv);
    this.#observers = new Observers(options.observers ?? [], (error) => {
      console.error(`an observer failed and is not told of anything any more: ${error}`);
    });
    this.#gate = new Gate({ stopSwitch: options.stopSwitch ?? new StopSwitch() });
    this.#signal = options.signal ?? new AbortController().signal;
    this.teleoperators = new TeleoperatorGroup(options.teleoperators, { id: env.id, actionSpace: policyActionSpace });
    // What people may do.
    const space = options.action ? withinPolicy(policyActionSpace, options.action) : policyActionSpace;
    const action = Tensor.of([restingAction.length], restingAction);
    this.#runner = new EpisodeRunner({
      ...{ processedEnv, gate: this.#gate, clock: new ControlClock(options.pacingHz), signal: this.#signal },
      controller: teleoperated({ act: () => ({ action }), ...(hasBegun && { hasBegun }) }, this.teleoperators, space),
      sink: {
        onEpisodeStart: (start) => this.#observers.onEpisodeStart(start),
        onStep: (step, episode) => this.#recordStep(step, episode),
      },
    });
  }

  /** An episode in which the robot was stopped is one to be recorded again. */
  async recordEpisode(seed: number | undefined): Promise<EpisodeEnd & { readonly fault?: SensorFaultError }> {
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
    const { recorder, task, onUndecided } = this.#options;
    const experience = experienceOf(step.observation, transition, this.#features);
    this.#observers.onStep({ ...step, experience });
    if (onUndecided && episode.isOver && UNDECIDED.has(episode.end().outcome)) {
      onUndecided();
      this.#judged = await this.#judge(experience);
    }
    await recorder.recordStep(this.#judged?.experience ?? experience, task);
  }

  /** Waits for a verdict on an episode that has none; undefined when it is not to be kept whatever the verdict. */
  async #judge(last: Transition): Promise<Judged | undefined> {
    while (!this.#wasHeld && !this.#signal.aborted) {
      const verdict = verdictOf(this.teleoperators.read().events);
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
