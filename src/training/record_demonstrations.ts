/** Records demonstrations: teleoperators steer an environment, every step becomes a row of a dataset. */
import type { DatasetRecorder } from "../datasets/dataset_recorder.ts";
import { stepFrame } from "../datasets/write_transitions.ts";
import type { BoxSpace } from "../envs/env.ts";
import type { ActionFeature, ReplayFeatures } from "../replay/features.ts";
import type { Teleoperator } from "../teleoperators/teleoperator.ts";
import { TeleoperatorGroup } from "../teleoperators/teleoperator_group.ts";
import { Tensor } from "../tensor/tensor.ts";
import { ControlClock } from "./actor/control_clock.ts";
import { Episode } from "./actor/episode.ts";
import type { EpisodeEnd } from "./actor/observer.ts";
import { boundOf } from "./choose_action.ts";
import { type ProcessedEnv, resetAndBuildTransition, stepEnvAndProcessTransition } from "./env_step.ts";
import { experienceOf } from "./experience.ts";
import { recordedFeatures } from "./recording.ts";
import { readTeleoperation, withinPolicy } from "./teleoperation.ts";

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
  /** Seeds the environment before the first episode. */
  readonly seed?: number;
  /** What the policy can do; people's actions are clipped to it, and to the environment's bounds. */
  readonly action?: ActionFeature;
  /** Steps per second; without it, as fast as the environment goes. */
  readonly pacingHz?: number;
  /** Record an episode again unless the task was solved. */
  readonly onlySuccessful?: boolean;
  readonly onEpisode?: (episode: RecordedEpisode) => void;
  /** Ends recording after the current step; the episode that is being recorded is discarded. */
  readonly signal?: AbortSignal;
}

export interface RecordedEpisode {
  /** Index in the dataset; the next one's for an episode that was not kept. */
  readonly episodeIndex: number;
  readonly frames: number;
  readonly totalReward: number;
  readonly kept: boolean;
}

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
    let seed = options.seed;
    while (kept.length < options.episodes && !signal?.aborted) {
      const { outcome, episodicReturn } = await recording.recordEpisode(kept.length + 1, seed);
      seed = undefined;
      const rerecord = outcome === "rerecorded";
      const keep = !rerecord && !signal?.aborted && (outcome === "success" || !onlySuccessful);
      const { episodes: episodeIndex, frames } = recorder;
      const episode = { episodeIndex, frames, totalReward: episodicReturn, kept: keep };
      if (keep) {
        await recorder.saveEpisode();
        kept.push(episode);
        failures = 0;
      } else {
        await recorder.discardEpisode();
        if (!rerecord && ++failures >= MOST_FAILED_ATTEMPTS) {
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

/** The control loop of one recording. */
class Recording {
  readonly teleoperators: TeleoperatorGroup;
  readonly #options: RecordDemonstrationsOptions;
  readonly #features: ReplayFeatures;
  /** What people may do. */
  readonly #space: BoxSpace;
  readonly #rest: Tensor<"float32">;
  readonly #clock: ControlClock;

  constructor(options: RecordDemonstrationsOptions) {
    const { env } = options.processedEnv;
    this.#options = options;
    this.#features = recordedFeatures(options.processedEnv);
    this.#space = options.action ? withinPolicy(env.actionSpace, options.action) : env.actionSpace;
    this.#rest = restingAction(env.actionSpace);
    this.#clock = new ControlClock(options.pacingHz);
    this.teleoperators = new TeleoperatorGroup(options.teleoperators, env);
  }

  async recordEpisode(number: number, seed: number | undefined): Promise<EpisodeEnd> {
    const { processedEnv, recorder, task, signal } = this.#options;
    const episode = new Episode(number);
    let { observation } = await resetAndBuildTransition(processedEnv, seed === undefined ? {} : { seed });
    this.teleoperators.startEpisode();
    this.#clock.restart();
    const action = this.#rest;
    while (!episode.isOver && !signal?.aborted) {
      await this.#clock.tick(signal);
      const teleoperation = readTeleoperation(this.teleoperators, action, this.#space);
      const transition = await stepEnvAndProcessTransition(processedEnv, { observation, action, teleoperation });
      const experience = experienceOf(observation!, transition, this.#features);
      await recorder.record(stepFrame(experience, recorder.info.features), task);
      episode.add(transition);
      observation = transition.observation;
    }
    return episode.end();
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
