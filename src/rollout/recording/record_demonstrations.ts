/** Records demonstrations: teleoperators steer an environment, every step becomes a row of a dataset. */
import { readEpisodeStarts } from "../../datasets/meta/episode_starts.ts";
import type { DatasetRecorder } from "../../datasets/writing/dataset_recorder.ts";
import { countsForPolicy } from "../../metrics/run_event.ts";
import { holdOnStop } from "../control/gate.ts";
import type { EpisodeOutcome } from "../observer.ts";
import { MOST_FAULTS_IN_A_ROW, type SensorFaultError } from "../sensor_fault.ts";
import { attemptsBehind, episodeSeed } from "../start_seed.ts";
import {
  type DemonstrationEnd,
  DemonstrationEpisodes,
  type DemonstrationEpisodesOptions,
  type KeepStep,
} from "./demonstration_episodes.ts";
import { type DemonstrationPlayer, SharedAttempts } from "./shared_attempts.ts";

export interface RecordDemonstrationsOptions extends DemonstrationEpisodesOptions {
  readonly recorder: DatasetRecorder;
  /** Episodes to add to the dataset. */
  readonly episodes: number;
  /** The task in words. */
  readonly task: string;
  /**
   * Gives every episode a seed of its own, which the environment and programs that steer begin with and which is stored with
   * the episode, so that it can be replayed from where it began. The first one's is this; a recording that adds to a dataset
   * continues after the last episode that it has of this seed. Without it nothing is known of how episodes began.
   */
  readonly seed?: number;
  /**
   * Play the episodes side by side, in place of the environment and the teleoperators here. The dataset is the same. Requires a
   * seed, and excludes observers, pacing and a stop switch.
   */
  readonly players?: readonly DemonstrationPlayer[];
  /** Record an episode again unless the task was solved. */
  readonly onlySuccessful?: boolean;
  readonly onEpisode?: (episode: RecordedEpisode) => void;
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
  /** The sensor fault that ended the episode. */
  readonly fault?: SensorFaultError;
}

/** Attempts in a row that may fail before recording gives up (with `onlySuccessful`). */
const MOST_FAILED_ATTEMPTS = 50;

/**
 * @returns The episodes that were kept; fewer than asked for when the signal ended recording.
 * @throws SensorFaultError when a sensor fails in many episodes in a row; RangeError for players that cannot be had; Error
 * when the environment, a processor, a teleoperator, a player or the recorder fails; saved episodes stay.
 */
export async function recordDemonstrations(options: RecordDemonstrationsOptions): Promise<RecordedEpisode[]> {
  return await holdOnStop(options.stopSwitch, options.processedEnv.env, () => record(options));
}

async function record(options: RecordDemonstrationsOptions): Promise<RecordedEpisode[]> {
  const { recorder, onlySuccessful = false, signal } = options;
  const first = await firstAttempt(options);
  const attempts = options.players?.length ? playedElsewhere(options, first) : playedHere(options);
  const kept: RecordedEpisode[] = [];
  let failures = 0;
  let faults = 0;
  await attempts.connect();
  try {
    for (let attempt = first; kept.length < options.episodes && !signal?.aborted; attempt++) {
      const end = await attempts.record(attempt, options.episodes - kept.length);
      if (end === undefined) break;
      const { outcome, episodicReturn, interventionSteps, durationS, fault } = end;
      const isUsable = countsForPolicy(outcome);
      faults = fault ? faults + 1 : 0;
      if (fault && faults === MOST_FAULTS_IN_A_ROW) throw fault;
      const keep = isUsable && !signal?.aborted && (outcome === "success" || !onlySuccessful);
      const { episodes: episodeIndex, frames } = recorder;
      const numbers = { totalReward: episodicReturn, outcome, interventionSteps, durationS, ...(fault && { fault }) };
      const episode = { episodeIndex, frames, ...numbers, kept: keep };
      if (keep) {
        const seed = seedOf(options, attempt);
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
    await attempts.disconnect();
  }
  return kept;
}

function seedOf({ seed }: RecordDemonstrationsOptions, attempt: number): number | undefined {
  return seed === undefined ? undefined : episodeSeed(seed, attempt);
}

/** Episodes that a dataset has are not recorded again. */
async function firstAttempt({ recorder, seed }: RecordDemonstrationsOptions): Promise<number> {
  if (seed === undefined || recorder.episodes === 0) return 0;
  const starts = (await readEpisodeStarts(recorder.root, recorder.episodes)) ?? [];
  return attemptsBehind(
    seed,
    starts.flatMap((start) => (start ? [start.seed] : [])),
  );
}

/** Source of the episodes. */
interface Attempts {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /**
   * Hands one attempt's steps to the recorder.
   *
   * @param wanted How many are needed if all are kept, this one included.
   * @returns undefined when the signal ended it.
   */
  record(attempt: number, wanted: number): Promise<DemonstrationEnd | undefined>;
}

function playedHere(options: RecordDemonstrationsOptions): Attempts {
  const episodes = new DemonstrationEpisodes(options, keepStep(options));
  return {
    connect: () => episodes.connect(),
    disconnect: () => episodes.disconnect(),
    record: (attempt) => episodes.play(seedOf(options, attempt)),
  };
}

function playedElsewhere(options: RecordDemonstrationsOptions, first: number): Attempts {
  const { players = [], seed, signal } = options;
  const { observers = [], stopSwitch, hasBegun, onUndecided, pacingHz } = options;
  const isAttended = [stopSwitch, hasBegun, onUndecided, pacingHz, ...observers].some((each) => each !== undefined);
  if (seed === undefined || isAttended) {
    throw new RangeError("players record seeded episodes only, without people, observers, a pace and a stop switch");
  }
  const shared = new SharedAttempts(players, first, (attempt) => episodeSeed(seed, attempt));
  const keep = keepStep(options);
  return {
    connect: async () => {},
    disconnect: async () => {},
    async record(attempt, wanted) {
      const played = await shared.take(attempt, wanted, signal);
      if (played === undefined) return undefined;
      const { steps, ...end } = played;
      for (const step of steps) await keep(step);
      return end;
    },
  };
}

function keepStep({ recorder, task }: RecordDemonstrationsOptions): KeepStep {
  return (step) => recorder.recordStep(step, task);
}
