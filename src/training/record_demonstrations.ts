/** Records demonstrations: a teleoperator steers an environment, every step becomes a row of a dataset. */
import type { DatasetRecorder } from "../datasets/dataset_recorder.ts";
import type { Env, Observation } from "../envs/env.ts";
import { InterventionEnv } from "../teleoperators/intervention_env.ts";
import type { Teleoperator } from "../teleoperators/teleoperator.ts";
import { recordedStep } from "./recording.ts";

export interface RecordDemonstrationsOptions {
  readonly env: Env;
  readonly teleoperator: Teleoperator;
  readonly recorder: DatasetRecorder;
  /** Episodes to add to the dataset. */
  readonly episodes: number;
  /** What is being done, as text. */
  readonly task: string;
  /** Seeds the environment before the first episode. */
  readonly seed?: number;
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
 * @throws Error when the environment or the recorder fails; saved episodes stay.
 */
export async function recordDemonstrations(options: RecordDemonstrationsOptions): Promise<RecordedEpisode[]> {
  const { recorder, teleoperator, onlySuccessful = false, signal } = options;
  const env = new InterventionEnv(options.env, [teleoperator]);
  const kept: RecordedEpisode[] = [];
  let failures = 0;
  await teleoperator.connect();
  try {
    let seed = options.seed;
    while (kept.length < options.episodes && !signal?.aborted) {
      const { totalReward, success, rerecord } = await recordEpisode(env, options, seed);
      seed = undefined;
      const frames = recorder.frames;
      const keep = !rerecord && !signal?.aborted && (success || !onlySuccessful);
      const episode = { episodeIndex: recorder.episodes, frames, totalReward, kept: keep };
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
    await teleoperator.disconnect();
  }
  return kept;
}

async function recordEpisode(env: Env, options: RecordDemonstrationsOptions, seed: number | undefined) {
  const { recorder, task, pacingHz, signal } = options;
  let observation: Observation = (await env.reset(seed === undefined ? {} : { seed })).observation;
  let totalReward = 0;
  const idle = restingAction(env);
  const start = performance.now();
  for (let step = 1; ; step++) {
    const result = await env.step(idle);
    const executed = result.info.teleop_action;
    if (!(executed instanceof Float32Array)) throw new Error(`${env.id} did not report the action it executed`);
    await recorder.record(recordedStep(observation, executed, result), task);
    totalReward += result.reward;
    observation = result.observation;
    if (result.terminated || result.truncated || signal?.aborted) {
      const success = result.info["next.success"] === true;
      return { totalReward, success, rerecord: result.info.rerecord_episode === true };
    }
    if (pacingHz !== undefined) await sleepUntil(start + (step * 1000) / pacingHz);
  }
}

/** The middle of the action space: no motion, and a gripper that stays as it is. */
function restingAction({ actionSpace: { shape, low, high } }: Env): Float32Array {
  const bound = (side: number | Float32Array, i: number) => (typeof side === "number" ? side : side[i]!);
  return Float32Array.from({ length: shape[0]! }, (_, i) => {
    const middle = (bound(low, i) + bound(high, i)) / 2;
    return Number.isFinite(middle) ? middle : 0;
  });
}

async function sleepUntil(timeMs: number): Promise<void> {
  const wait = timeMs - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}
