/** What differs between the tasks of one arm: the scene, where things start, and what counts. */
import type { Random } from "../../../tensor/random.ts";
import type { PandaScene, PandaWorld } from "../panda_world.ts";

export const REWARD_TYPES = ["sparse", "dense"] as const;
export type RewardType = (typeof REWARD_TYPES)[number];

export interface TaskOptions {
  readonly rewardType: RewardType;
  /** Draw the cube's start from the environment's generator instead of using the fixed one. */
  readonly randomBlockPosition: boolean;
}

export interface TaskOutcome {
  readonly reward: number;
  readonly succeeded: boolean;
  /** Something left the area where the task can be done. */
  readonly outOfBounds: boolean;
}

/** One task in one world; it may remember where an episode started. */
export interface Task {
  /**
   * Places the objects for a new episode. The world is at rest in its home posture.
   *
   * @param blockPosition overrides where the (first) block starts: xyz in metres.
   */
  reset(world: PandaWorld, random: Random, blockPosition?: ArrayLike<number>): void;
  /** Writes where the (first) block is: xyz in metres. It is what the state observation shows besides the arm. */
  readObjectPosition(world: PandaWorld, out: Float64Array): Float64Array;
  evaluate(world: PandaWorld): TaskOutcome;
}

export interface TaskDefinition extends PandaScene {
  /** What is to be done, as one says it. */
  readonly words: string;
  /** What is to be lifted: a body's name and metres above where it starts. */
  readonly lift?: { readonly body: string; readonly height_m: number };
  create(options: TaskOptions): Task;
}
