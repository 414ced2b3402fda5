/** The scene as the operator perceives it: visible positions only, with the error of a human eye. */
import type { VisibleScene, Watchable } from "../../envs/watchable.ts";
import type { Random } from "../../tensor/random.ts";

/** One glance. Positions in metres. */
export interface Glance {
  readonly tool: readonly [x: number, y: number, z: number];
  readonly object: readonly [x: number, y: number, z: number];
  readonly fingerOpening: number;
}

export class Perception {
  readonly #scene: Watchable;
  readonly #noiseM: number;

  constructor(scene: Watchable, noiseM: number) {
    this.#scene = scene;
    this.#noiseM = noiseM;
  }

  glance(random: Random): Glance {
    const { toolPositionM, objectPositionM, fingerOpening }: VisibleScene = this.#scene.observe();
    const blurred = (position: Float64Array): [number, number, number] => [
      position[0]! + random.normal(0, this.#noiseM),
      position[1]! + random.normal(0, this.#noiseM),
      position[2]! + random.normal(0, this.#noiseM),
    ];
    return { tool: blurred(toolPositionM), object: blurred(objectPositionM), fingerOpening };
  }
}
