/** Lift one cube by ten centimetres. Numbers are gym-hil's; the cube's position comes from the seeded generator. */
import type { Random } from "../../../tensor/random.ts";
import { CUBE_HALF_SIZE_M, PICK_CUBE_MJCF } from "../mjcf/scene.ts";
import type { PandaWorld } from "../panda_world.ts";
import type { Task, TaskDefinition, TaskOptions, TaskOutcome } from "./task.ts";

const START = [0.5, 0, CUBE_HALF_SIZE_M] as const;
const RANDOM_START = { x: [0.3, 0.5], y: [-0.15, 0.15] } as const;
/** The cube's centre must stay in here. */
const BOUNDS = { x: [0.25, 0.55], y: [-0.2, 0.2] } as const;
const LIFT_M = 0.1;
/** Dense reward only: the tool must hold the cube, not merely have thrown it. */
const HOLDING_DISTANCE_M = 0.05;

class PickCubeTask implements Task {
  readonly #options: TaskOptions;
  readonly #block = new Float64Array(3);
  readonly #tool = new Float64Array(3);
  #startHeight = 0;

  constructor(options: TaskOptions) {
    this.#options = options;
  }

  reset(world: PandaWorld, random: Random, blockPosition?: ArrayLike<number>): void {
    let [x, y, z]: readonly number[] = START;
    if (this.#options.randomBlockPosition) {
      x = random.uniform(...RANDOM_START.x);
      y = random.uniform(...RANDOM_START.y);
    }
    if (blockPosition !== undefined) [x, y, z] = Array.from(blockPosition);
    world.place("block", x!, y!, z!);
    world.simulation.forward();
    this.#startHeight = world.readPosition("block", this.#block)[2]!;
  }

  readObjectPosition(world: PandaWorld, out: Float64Array): Float64Array {
    return world.readPosition("block", out);
  }

  evaluate(world: PandaWorld): TaskOutcome {
    const [x, y, z] = world.readPosition("block", this.#block) as unknown as [number, number, number];
    const lift = z - this.#startHeight;
    const outOfBounds = x < BOUNDS.x[0] || x > BOUNDS.x[1] || y < BOUNDS.y[0] || y > BOUNDS.y[1];
    if (this.#options.rewardType === "sparse") {
      const succeeded = lift > LIFT_M;
      return { reward: succeeded ? 1 : 0, succeeded, outOfBounds };
    }
    const distance = distanceBetween(this.#block, world.readToolPosition(this.#tool));
    const reward = 0.3 * Math.exp(-20 * distance) + 0.7 * Math.min(1, Math.max(0, lift / LIFT_M));
    return { reward, succeeded: distance < HOLDING_DISTANCE_M && lift > LIFT_M, outOfBounds };
  }
}

export function distanceBetween(a: Float64Array, b: Float64Array): number {
  return Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!, a[2]! - b[2]!);
}

export const PICK_CUBE: TaskDefinition = {
  words: "pick up the cube",
  mjcf: PICK_CUBE_MJCF,
  homePosture: [0, 0.195, 0, -2.43, 0, 2.62, 0.785],
  workspace: { low: [0.2, -0.3, 0], high: [0.6, 0.3, 0.5] },
  lift: { body: "block", height_m: LIFT_M },
  create: (options) => new PickCubeTask(options),
};
