/** Put five coloured boxes on the targets of their colours. Numbers are gym-hil's. */
import type { Random } from "../../../tensor/random.ts";
import { ARRANGE_BOXES_MJCF, CUBE_HALF_SIZE_M } from "../mjcf/scene.ts";
import type { PandaWorld } from "../panda_world.ts";
import { distanceBetween } from "./pick_cube_task.ts";
import type { Task, TaskDefinition, TaskOptions, TaskOutcome } from "./task.ts";

const BOX_COUNT = 5;
const START_X_M = 0.3;
const SLOTS_Y_M = [-0.3, -0.15, 0, 0.15, 0.3] as const;
/** Only the first box ends the episode by leaving this area. */
const BOUNDS = { x: [-0.05, 0.85], y: [-0.5, 0.5] } as const;
const ON_TARGET_M = 0.03;

class ArrangeBoxesTask implements Task {
  readonly #options: TaskOptions;
  readonly #box = new Float64Array(3);
  readonly #target = new Float64Array(3);

  constructor(options: TaskOptions) {
    this.#options = options;
  }

  reset(world: PandaWorld, random: Random, blockPosition?: ArrayLike<number>): void {
    const slots = random.permutation(BOX_COUNT);
    for (let box = 0; box < BOX_COUNT; box++) {
      world.place(`block${box + 1}`, START_X_M, SLOTS_Y_M[slots[box]!]!, CUBE_HALF_SIZE_M);
    }
    if (blockPosition !== undefined) {
      const [x, y, z] = Array.from(blockPosition);
      world.place("block1", x!, y!, z!);
    }
    world.simulation.forward();
  }

  readObjectPosition(world: PandaWorld, out: Float64Array): Float64Array {
    return world.readPosition("block1", out);
  }

  evaluate(world: PandaWorld): TaskOutcome {
    let onTarget = 0;
    let closeness = 0;
    for (let box = 1; box <= BOX_COUNT; box++) {
      const distance = distanceBetween(
        world.readPosition(`block${box}`, this.#box),
        world.readPosition(`target${box}`, this.#target),
      );
      if (distance < ON_TARGET_M) onTarget++;
      closeness += Math.exp(-20 * distance);
    }
    const succeeded = onTarget === BOX_COUNT;
    const [x, y] = world.readPosition("block1", this.#box) as unknown as [number, number];
    return {
      reward: this.#options.rewardType === "sparse" ? Number(succeeded) : closeness,
      succeeded,
      outOfBounds: x < BOUNDS.x[0] || x > BOUNDS.x[1] || y < BOUNDS.y[0] || y > BOUNDS.y[1],
    };
  }
}

export const ARRANGE_BOXES: TaskDefinition = {
  words: "put the boxes where they belong",
  mjcf: ARRANGE_BOXES_MJCF,
  homePosture: [0, -0.785, 0, -2.35, 0, 1.57, Math.PI / 4],
  workspace: { low: [0.2, -0.5, 0], high: [0.6, 0.5, 0.5] },
  create: (options) => new ArrangeBoxesTask(options),
};
