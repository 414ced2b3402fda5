/** Records demonstrations: teleoperators steer an environment, every step becomes a row of a dataset. */
import type { DatasetRecorder } from "../../datasets/dataset_recorder.ts";
import type { BoxSpace } from "../../envs/env.ts";
import { isIntervention } from "../../processors/transition.ts";
import type { ActionFeature, ReplayFeatures } from "../../replay/features.ts";
import type { Transition } from "../../replay/transition.ts";
import { experienceOf } from "../../spec/experience.ts";
import { type Teleoperator, verdictOf } from "../../teleoperators/teleoperator.ts";
import { TeleoperatorGroup } from "../../teleoperators/teleoperator_group.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { boundOf } from "../choose_action.ts";
import { ControlClock } from "../control_clock.ts";
import { type ProcessedEnv, resetAndBuildTransition, stepEnvAndProcessTransition } from "../env_step.ts";
import { Episode } from "../episode.ts";
import { labelledReward } from "../label.ts";
import { type ActorObserver, type EpisodeEnd, type EpisodeOutcome, Observers } from "../observer.ts";
import { episodeSeed } from "../start_seed.ts";
import { StopSwitch } from "../stop_switch.ts";
import { readTeleoperation, withinPolicy } from "../teleoperation.ts";
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
}

/** A robot that must not move looks up this often. */
const WAIT_PERIOD_S = 0.05;
/** Attempts in a row that may fail before recording gives up (with `onlySuccessful`). */
const MOST_FAILED_ATTEMPTS = 50;

/**
 * @returns The episodes that were kept; fewer than asked for when the signal ended recording.
 * @throws Error when the environment, a processor, a teleoperator or the recorder fails; saved episodes stay.
 */
export async function recordDemonstrations(options: RecordDemonstrationsOptions): Promise<RecordedEpisode[]> {
  const { recorder, onlySuccessful = false, signal } = options;
  const recording = new Recording(options);
  const kept: RecordedEpisode[] = [];
  let failures = 0;
  await recording.teleoperators.connect();
  try {
    for (let attempt = 0; kept.length < options.episodes && !signal?.aborted; attempt++) {
      const seed = options.seed === undefined ? undefined : episodeSeed(options.seed, attempt);
      const { outcome, episodicReturn, interventionSteps, durationS } = await recording.recordEpisode(seed);
      const rerecord = outcome === "rerecorded";
      const keep = !rerecord && !signal?.aborted && (outcome === "success" || !onlySuccessful);
      const { episodes: episodeIndex, frames } = recorder;
      const numbers = { totalReward: episodicReturn, outcome, interventionSteps, durationS };
      const episode = { episodeIndex, frames, ...numbers, kept: keep };
      if (keep) {
        await recorder.saveEpisode({ start: seed === undefined ? undefined : { seed, resets: 0 } });
        kept.push(episode);
        failures = 0;
      } else {
        await recorder.discardEpisode();
        if (!rerecord && onlySuccessful && ++failures >= MOST_FAILED_ATTEMPTS) {
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

/** The control loop of one recording. */
class Recording {
  readonly teleoperators: TeleoperatorGroup;
  readonly #options: RecordDemonstrationsOptions;
  readonly #features: ReplayFeatures;
  /** What people may do. */
  readonly #space: BoxSpace;
  readonly #rest: Tensor<"float32">;
  readonly #clock: ControlClock;
  readonly #observers: Observers;
  readonly #switch: StopSwitch;
  readonly #signal: AbortSignal;
  #episodes = 0;
  #steps = 0;

  constructor(options: RecordDemonstrationsOptions) {
    const { env } = options.processedEnv;
    this.#options = options;
    this.#features = recordedFeatures(options.processedEnv);
    this.#space = options.action ? withinPolicy(env.actionSpace, options.action) : env.actionSpace;
    this.#rest = restingAction(env.actionSpace);
    this.#clock = new ControlClock(options.pacingHz);
    this.#observers = new Observers(options.observers ?? [], (error) => {
      console.error(`an observer failed and is not told of anything any more: ${error}`);
    });
    this.#switch = options.stopSwitch ?? new StopSwitch();
    this.#signal = options.signal ?? new AbortController().signal;
    this.teleoperators = new TeleoperatorGroup(options.teleoperators, env);
  }

  /** An episode in which the robot was stopped is one to be recorded again. */
  async recordEpisode(seed: number | undefined): Promise<EpisodeEnd> {
    const { processedEnv, hasBegun = () => true } = this.#options;
    // A reset moves the robot, too.
    await this.#restWhile(() => this.#switch.held || this.#switch.paused);
    const number = ++this.#episodes;
    if (this.#signal.aborted) return new Episode(number).end();
    const { holds } = this.#switch;
    const isFree = () => this.#switch.holds === holds;
    const start = seed === undefined ? {} : { seed };
    let { observation } = await resetAndBuildTransition(processedEnv, start);
    this.#observers.onEpisodeStart({ episode: number, observation: observation!, ...start });
    await this.#restWhile(() => isFree() && (this.#switch.paused || !hasBegun()));
    const episode = new Episode(number);
    this.teleoperators.startEpisode();
    this.#clock.restart();
    let judged: Judged | undefined;
    while (!episode.isOver && !this.#signal.aborted) {
      await this.#clock.tick(this.#signal);
      await this.#restWhile(() => isFree() && this.#switch.paused);
      if (!isFree()) break;
      const { transition, experience } = await this.#step(episode, observation!);
      observation = transition.observation;
      if (this.#isUndecided(episode)) judged = await this.#judge(experience, isFree);
      await this.#options.recorder.recordStep(judged?.experience ?? experience, this.#options.task);
    }
    const { episodicReturn, ...end } = episode.end(isFree() ? judged?.outcome : "rerecorded");
    const total = { ...end, episodicReturn: episodicReturn + (judged?.earned ?? 0) };
    this.#observers.onEpisodeEnd(total);
    return total;
  }

  #isUndecided(episode: Episode): boolean {
    const { onUndecided } = this.#options;
    return onUndecided !== undefined && episode.isOver && UNDECIDED.has(episode.end().outcome);
  }

  /** Waits for a verdict on an episode that has none; undefined when it is not to be kept whatever the verdict. */
  async #judge(last: Transition, isFree: () => boolean): Promise<Judged | undefined> {
    this.#options.onUndecided?.();
    while (isFree() && !this.#signal.aborted) {
      const verdict = verdictOf(this.teleoperators.read().events);
      if (verdict === "rerecord") return { outcome: "rerecorded", experience: last, earned: 0 };
      if (verdict !== undefined) {
        const reward = labelledReward(verdict, last.reward);
        const experience = { ...last, reward, terminated: true, truncated: false };
        return { outcome: verdict, experience, earned: reward - last.reward };
      }
      await this.#switch.change(WAIT_PERIOD_S, this.#signal);
    }
    return undefined;
  }

  /** One step of the robot; whoever calls this records it. */
  async #step(episode: Episode, observation: TensorRecord) {
    const { processedEnv } = this.#options;
    const action = this.#rest;
    const teleoperation = readTeleoperation(this.teleoperators, action, this.#space);
    const transition = await stepEnvAndProcessTransition(processedEnv, { observation, action, teleoperation });
    const experience = experienceOf(observation, transition, this.#features);
    episode.add(transition);
    this.#observers.onStep({
      ...{ episode: episode.number, episodeStep: episode.length, interactionStep: ++this.#steps, observation },
      ...{ policyAction: action.data, action: experience.action, isIntervention: isIntervention(transition) },
      steeredBy: teleoperation.by ?? null,
      ...{ reward: transition.reward, terminated: transition.terminated, truncated: transition.truncated },
      ...{ nextObservation: transition.observation!, info: transition.info, experience },
    });
    return { transition, experience };
  }

  async #restWhile(condition: () => boolean): Promise<void> {
    let rested = false;
    while (condition() && !this.#signal.aborted) {
      rested = true;
      await this.#switch.change(WAIT_PERIOD_S, this.#signal);
    }
    if (rested) this.#clock.restart();
  }
}

/** The middle of the action space: no motion, and a gripper that stays as it is. */
function restingAction({ shape, low, high }: BoxSpace): Tensor<"float32"> {
  const middles = Array.from({ length: shape[0]! }, (_, i) => {
    const middle = (boundOf(low, i) + boundOf(high, i)) / 2;
    return Number.isFinite(middle) ? middle : 0;
  });
  return Tensor.of(shape, middles);
}
