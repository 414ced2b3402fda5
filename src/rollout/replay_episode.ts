/** Executes a recorded episode's actions in an environment again, through the action pipeline. */
import type { Dataset } from "../datasets/dataset.ts";
import type { SeededStart } from "../datasets/meta/episode_starts.ts";
import { ACTION, REWARD } from "../datasets/schema/step_columns.ts";
import type { ProcessedEnv } from "../envs/processed_env.ts";
import { Tensor } from "../tensor/tensor.ts";
import { ControlClock } from "./control/control_clock.ts";
import { Gate, holdOnStop } from "./control/gate.ts";
import type { SwitchState } from "./control/stop_switch.ts";
import { Episode } from "./episode.ts";
import { EpisodeRunner } from "./episode_runner.ts";

export interface ReplayEpisodeOptions {
  readonly dataset: Dataset;
  readonly episode: number;
  readonly processedEnv: ProcessedEnv;
  /** Seed of the environment's reset, instead of the recorded start. */
  readonly seed?: number;
  /** Steps per second. Default: as fast as the environment runs. */
  readonly pacingHz?: number;
  readonly onStep?: (frame: number, reward: number) => void;
  /** An emergency stop ends the replay, because the robot then differs from the recording. */
  readonly stopSwitch?: SwitchState;
  /** Ends the replay after the current step. */
  readonly signal?: AbortSignal;
}

export interface ReplayedEpisode {
  readonly frames: number;
  /** Steps that were executed: fewer than frames when something ended the replay earlier. */
  readonly steps: number;
  readonly totalReward: number;
  /** Sum of the rewards in the dataset; undefined when it holds none. */
  readonly recordedReward?: number;
  /** How the environment reached the episode's first state; undefined if it could not. */
  readonly start?: SeededStart;
}

/**
 * Starts from the recorded start state, if the dataset has it. A simulated episode then earns the recorded return, apart
 * from a person's verdict, which is not replayed.
 *
 * @throws SensorFaultError when a sensor fails; Error when the dataset has no actions or they do not fit the environment.
 */
export async function replayEpisode(options: ReplayEpisodeOptions): Promise<ReplayedEpisode> {
  const { dataset, processedEnv, pacingHz, onStep, stopSwitch, signal } = options;
  const { env } = processedEnv;
  const episode = dataset.episode(options.episode);
  const feature = dataset.features[ACTION];
  if (!feature) throw new Error(`the dataset has no "${ACTION}" to replay`);
  const { shape } = feature;
  if (shape.join() !== processedEnv.policyActionSpace.shape.join()) {
    throw new Error(
      `the dataset's actions have shape [${shape.join(", ")}], ${env.id} takes [${processedEnv.policyActionSpace.shape.join(", ")}]`,
    );
  }
  const hasReward = REWARD in dataset.features;
  const features = [ACTION, ...(hasReward ? [REWARD] : [])];
  const frames = dataset.frames(episode, { features })[Symbol.asyncIterator]();
  let recordedReward = 0;
  const nextFrame = async () => {
    const { done, value } = await frames.next();
    if (done) return undefined;
    if (hasReward) recordedReward += (value.values[REWARD] as Float32Array)[0]!;
    return value;
  };
  let frameIndex = 0;
  const runner = new EpisodeRunner({
    processedEnv,
    clock: new ControlClock(pacingHz),
    ...(stopSwitch && { gate: new Gate({ stopSwitch }) }),
    ...(signal && { signal }),
    controller: {
      async act() {
        const frame = await nextFrame();
        if (frame === undefined) return undefined;
        frameIndex = frame.frameIndex;
        return { action: Tensor.of(shape, Float32Array.from(frame.values[ACTION] as Float32Array)) };
      },
    },
    sink: { onStep: ({ reward }) => onStep?.(frameIndex, reward) },
  });
  const start = await startOf(options);
  const played = new Episode(1);
  const { fault } = await holdOnStop(stopSwitch, env, () => runner.run(played, start));
  if (fault) throw fault;
  // Steps recorded after the environment's own end still count as recorded.
  while ((await nextFrame()) !== undefined);
  const { length: steps, episodicReturn: totalReward } = played.end();
  return { frames: episode.length, steps, totalReward, ...(hasReward && { recordedReward }), ...(start && { start }) };
}

async function startOf({ dataset, episode, seed }: ReplayEpisodeOptions): Promise<SeededStart | undefined> {
  if (seed !== undefined) return { seed, resets: 0 };
  return (await dataset.episodeStarts())?.[episode] ?? undefined;
}
