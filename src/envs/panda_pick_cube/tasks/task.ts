/** A task of the arm: its scene, start states and reward. */
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
   * @param blockPosition Overrides the start of the (first) block: xyz in metres.
   */
  reset(world: PandaWorld, random: Random, blockPosition?: ArrayLike<number>): void;
  /** Writes the position of the (first) block, xyz in metres. State observations show it besides the arm. */
  readObjectPosition(world: PandaWorld, out: Float64Array): Float64Array;
  evaluate(world: PandaWorld): TaskOutcome;
}

export interface TaskDefinition extends PandaScene {
  /** The task in words. */
  readonly words: string;
  /** Lift goal: a body's name and metres above its start. */
  readonly lift?: { readonly body: string; readonly height_m: number };
  create(options: TaskOptions): Task;
}
