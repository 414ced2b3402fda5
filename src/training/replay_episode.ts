/** Executes a recorded episode's actions in an environment again. */
import type { Dataset } from "../datasets/dataset.ts";
import { ACTION, REWARD } from "../datasets/step_columns.ts";
import type { Env, ResetOptions } from "../envs/env.ts";

export interface ReplayEpisodeOptions {
  readonly dataset: Dataset;
  readonly episode: number;
  readonly env: Env;
  readonly reset?: ResetOptions;
  /** Steps per second; without it, as fast as the environment goes. */
  readonly pacingHz?: number;
  readonly onStep?: (frame: number, reward: number) => void;
}

export interface ReplayedEpisode {
  readonly frames: number;
  /** Steps that were executed: fewer than frames when the environment ended the episode earlier. */
  readonly steps: number;
  readonly totalReward: number;
  /** Sum of the rewards in the dataset; undefined when it holds none. */
  readonly recordedReward?: number;
}

/** @throws Error when the dataset has no actions or they do not fit the environment. */
export async function replayEpisode(options: ReplayEpisodeOptions): Promise<ReplayedEpisode> {
  const { dataset, env, reset, pacingHz, onStep } = options;
  const episode = dataset.episode(options.episode);
  const feature = dataset.features[ACTION];
  if (!feature) throw new Error(`the dataset has no "${ACTION}" to replay`);
  if (feature.shape.join() !== env.actionSpace.shape.join()) {
    throw new Error(
      `the dataset's actions have shape [${feature.shape.join(", ")}], ${env.id} takes ` +
        `[${env.actionSpace.shape.join(", ")}]`,
    );
  }
  const hasReward = REWARD in dataset.features;
  let steps = 0;
  let totalReward = 0;
  let recordedReward = 0;
  let over = false;
  await env.reset(reset);
  const start = performance.now();
  for await (const { values, frameIndex } of dataset.frames(episode, {
    features: [ACTION, ...(hasReward ? [REWARD] : [])],
  })) {
    if (hasReward) recordedReward += (values[REWARD] as Float32Array)[0]!;
    if (over) continue;
    const result = await env.step(Float32Array.from(values[ACTION] as Float32Array));
    steps++;
    totalReward += result.reward;
    onStep?.(frameIndex, result.reward);
    over = result.terminated || result.truncated;
    const wait = pacingHz === undefined ? 0 : start + (steps * 1000) / pacingHz - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return { frames: episode.length, steps, totalReward, ...(hasReward && { recordedReward }) };
}
