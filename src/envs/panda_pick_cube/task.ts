/** What differs between the tasks of one arm: the scene, where things start, and what counts. */
import type { Random } from "../../tensor/random.ts";
import type { PandaWorld } from "./panda_world.ts";

export const REWARD_TYPES = ["sparse", "dense"] as const;
export type RewardType = (typeof REWARD_TYPES)[number];

/** A box the target of the tool centre point may move in, metres in the robot's base frame. */
export interface Workspace {
  readonly low: readonly [number, number, number];
  readonly high: readonly [number, number, number];
}

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

export interface TaskDefinition {
  /** What is to be done, as one says it. */
  readonly words: string;
  readonly mjcf: string;
  /** Joint positions in rad at the start of an episode; also what the arm's redundant joint is drawn to. */
  readonly homePosture: readonly number[];
  readonly workspace: Workspace;
  /** What is to be lifted: a body's name and metres above where it starts. */
  readonly lift?: { readonly body: string; readonly height_m: number };
  create(options: TaskOptions): Task;
}
