/**
 * How the operator lifts a cube: over it, down, close, up; and back to the start when the cube slips away. Every decision
 * follows from the latest glance and the stage reached, so the skill can start from whatever a policy left behind.
 */
import { GRIPPER_CLOSE, GRIPPER_OPEN, GRIPPER_STAY } from "../../envs/panda_pick_cube/control/gripper_command.ts";
import type { Random } from "../../tensor/random.ts";
import type { Glance } from "./perception.ts";

export type LiftStage = "approach" | "descend" | "grasp" | "lift";

/** Motion of the tool (metres, relative to its position) and command of the fingers. */
export interface Intention {
  readonly moveM: readonly [x: number, y: number, z: number];
  readonly gripper: number;
}

/** Height of the tool above the cube's centre when the fingers close. */
const GRASP_HEIGHT_M = 0.003;
/** The fingers clear the cube's top when the tool is this far above its centre. */
const CLEARANCE_M = 0.045;
/** Sideways error that still lets the open fingers pass on both sides of the cube. */
const ALIGNED_M = 0.01;
const ESCAPED_M = 0.025;
/** Fingers that hold a 4 cm cube stop near here; an empty grip closes further. */
const EMPTY_GRIP_OPENING = 0.2;
const OPEN_ENOUGH = 0.8;
const CLOSING_STEPS = 4;

export class LiftSkill {
  readonly #random: Random;
  #stage: LiftStage = "approach";
  #stepsInStage = 0;
  #approachHeightM = 0;

  constructor(random: Random) {
    this.#random = random;
    this.restart();
  }

  get stage(): LiftStage {
    return this.#stage;
  }

  /** Forgets everything; the way of approaching is drawn anew. */
  restart(): void {
    this.#enter("approach");
    this.#approachHeightM = CLEARANCE_M + this.#random.uniform(0.005, 0.06);
  }

  decide(glance: Glance): Intention {
    const toObject = [0, 1, 2].map((axis) => glance.object[axis]! - glance.tool[axis]!) as [number, number, number];
    const sidewaysM = Math.hypot(toObject[0], toObject[1]);
    this.#advance(glance, toObject[2], sidewaysM);
    this.#stepsInStage++;
    switch (this.#stage) {
      case "approach": {
        // Rise before moving across, so that the fingers don't push the cube away.
        const low = -toObject[2] < CLEARANCE_M && sidewaysM > ALIGNED_M;
        const up = toObject[2] + this.#approachHeightM;
        return { moveM: low ? [0, 0, up] : [toObject[0], toObject[1], up], gripper: openUnlessOpen(glance) };
      }
      case "descend":
        return { moveM: [toObject[0], toObject[1], toObject[2] + GRASP_HEIGHT_M], gripper: openUnlessOpen(glance) };
      case "grasp":
        return { moveM: [0, 0, 0], gripper: this.#stepsInStage === 1 ? GRIPPER_CLOSE : GRIPPER_STAY };
      case "lift":
        return { moveM: [0, 0, 0.1], gripper: GRIPPER_STAY };
    }
  }

  #advance(glance: Glance, upM: number, sidewaysM: number): void {
    const above = -upM;
    switch (this.#stage) {
      case "approach":
        if (sidewaysM < ALIGNED_M && glance.fingerOpening > OPEN_ENOUGH) this.#enter("descend");
        break;
      case "descend":
        if (sidewaysM > ESCAPED_M && above > 0.01) this.restart();
        else if (sidewaysM < ALIGNED_M && above < GRASP_HEIGHT_M + 0.008) this.#enter("grasp");
        break;
      case "grasp":
        if (this.#stepsInStage < CLOSING_STEPS) break;
        if (glance.fingerOpening < EMPTY_GRIP_OPENING) this.restart();
        else this.#enter("lift");
        break;
      case "lift":
        if (sidewaysM > ESCAPED_M || above > 0.03 || glance.fingerOpening < EMPTY_GRIP_OPENING) this.restart();
        break;
    }
  }

  #enter(stage: LiftStage): void {
    this.#stage = stage;
    this.#stepsInStage = 0;
  }
}

function openUnlessOpen(glance: Glance): number {
  return glance.fingerOpening > OPEN_ENOUGH ? GRIPPER_STAY : GRIPPER_OPEN;
}
