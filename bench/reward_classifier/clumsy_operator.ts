/** A scripted operator that lifts the cube, or fails in one of the ways that look most like success. */
import type { Watchable } from "../../src/envs/watchable.ts";
import { ScriptedOperator } from "../../src/teleoperators/scripted/scripted_operator.ts";
import { NO_EVENTS, type TeleopEvents, type Teleoperator } from "../../src/teleoperators/teleoperator.ts";

/**
 * `lift`: success, and the cube stays up. `low`: up to 5 to 8 of the 10 cm, held there, and down again. `drop`: let go there.
 * `miss`: the fingers close beside the cube and rise without it. `hover`: the arm waits high above the cube, as after success.
 */
export const BEHAVIOURS = ["lift", "low", "drop", "miss", "hover"] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

const STEP_M = 0.025;
const START_HEIGHT_M = 0.02;
/** Lift at which the failures begin, in metres. Success is 0.1. */
const PARTIAL_LIFT_M = 0.05;
/** Height of the tool above the table, in metres: that after a success. */
const RAISED_M = 0.16;
const HELD_STEPS = 12;
const STAY = 1;
const OPEN = 2;
const CLOSE = 0;

export class ClumsyOperator implements Teleoperator {
  readonly id = "clumsy_operator";
  readonly actions = this;
  readonly events = this;
  readonly #scene: Watchable;
  readonly #skilled: ScriptedOperator;
  readonly #behaviours: readonly Behaviour[];
  #episode = -1;
  #isRaised = false;
  #steps = 0;

  /** @param behaviours By episode, over and over. */
  constructor(scene: Watchable, behaviours: readonly Behaviour[], seed: number) {
    this.#scene = scene;
    this.#skilled = new ScriptedOperator(scene, { mode: "demonstrate", seed });
    this.#behaviours = behaviours;
  }

  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {}

  onEpisodeStart(beginning: { readonly seed?: number } = {}): void {
    this.#skilled.onEpisodeStart(beginning);
    this.#episode += 1;
    this.#isRaised = false;
    this.#steps = 0;
  }

  getTeleopEvents(): TeleopEvents {
    this.#skilled.getTeleopEvents();
    return { ...NO_EVENTS, isIntervention: true };
  }

  getAction(): Float32Array {
    const skilled = this.#skilled.getAction();
    const { toolPositionM: tool, objectPositionM: object } = this.#scene.observe();
    const lift = object[2]! - START_HEIGHT_M;
    const behaviour = this.#behaviours[this.#episode % this.#behaviours.length]!;
    switch (behaviour) {
      case "lift":
        if (lift > 0.115) this.#isRaised = true;
        return this.#isRaised ? move([0, 0, 0], STAY) : skilled;
      case "low":
      case "drop":
        if (lift > PARTIAL_LIFT_M) this.#isRaised = true;
        if (!this.#isRaised) return skilled;
        this.#steps += 1;
        if (behaviour === "drop") return move([0, 0, 0], this.#steps === 1 ? OPEN : STAY);
        return move([0, 0, this.#steps > HELD_STEPS ? -0.01 : lift > 0.065 ? -0.01 : 0], STAY);
      case "miss":
        return this.#beside(tool, [object[0]!, object[1]! + 0.06, START_HEIGHT_M + 0.005]);
      case "hover":
        return move([object[0]! - tool[0]!, object[1]! - tool[1]!, RAISED_M - tool[2]!], STAY);
    }
  }

  /** Goes to a place beside the cube, closes the fingers and rises. */
  #beside(tool: Float64Array, place: readonly [number, number, number]): Float32Array {
    const to = place.map((value, axis) => value - tool[axis]!) as [number, number, number];
    const isThere = Math.hypot(...to) < 0.015;
    if (isThere || this.#isRaised) this.#steps += 1;
    if (isThere) this.#isRaised = true;
    if (!this.#isRaised) {
      const isAbove = Math.hypot(to[0], to[1]) < 0.02;
      return move([to[0], to[1], isAbove ? to[2] : 0.1 - tool[2]!], STAY);
    }
    if (this.#steps <= 4) return move([0, 0, 0], this.#steps === 1 ? CLOSE : STAY);
    return move([0, 0, RAISED_M - tool[2]!], STAY);
  }
}

/** @param moveM Of the tool, metres. */
function move(moveM: readonly [number, number, number], gripper: number): Float32Array {
  const clamped = moveM.map((value) => Math.max(-1, Math.min(1, (0.5 * value) / STEP_M)));
  return Float32Array.of(...clamped, gripper);
}
