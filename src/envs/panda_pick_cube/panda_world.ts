/**
 * The simulated arm as a task sees it: a target for the tool centre point that moves inside a box, a gripper command,
 * and one control step of operational-space control over many physics steps.
 */

import { ARM_JOINTS, OperationalSpaceController } from "./control/operational_space_control.ts";
import type { Quaternion } from "./control/rotations.ts";
import { DRIVER_CLOSED_RAD, GRIPPER_CONTROL_CLOSED } from "./mjcf/gripper.ts";
import { Simulation } from "./mujoco/simulation.ts";

/** The hand always points straight down. */
const TOOL_ORIENTATION: Quaternion = [0, 1, 0, 0];

/** Length of the observed arm state: 7 positions, 7 velocities, the gripper's command, 3 tool coordinates. */
export const ARM_STATE_SIZE = 18;
const JOINT_NAMES = Array.from({ length: ARM_JOINTS }, (_, i) => `joint${i + 1}`);
/** Element names of the object's observed position, metres. */
export const OBJECT_NAMES: readonly string[] = ["object.x", "object.y", "object.z"];
/** Names of `readArmState`'s elements in LeRobot's style: part and quantity. */
export const ARM_STATE_NAMES: readonly string[] = [
  ...JOINT_NAMES.map((joint) => `${joint}.pos`),
  ...JOINT_NAMES.map((joint) => `${joint}.vel`),
  "gripper.pos",
  "ee.x",
  "ee.y",
  "ee.z",
];

/** Bounds of the tool centre point's target, metres in the robot's base frame. */
interface Workspace {
  readonly low: readonly [number, number, number];
  readonly high: readonly [number, number, number];
}

export interface PandaScene {
  readonly mjcf: string;
  /** Joint positions in rad at the start of an episode; also the rest posture of the arm's redundant joint. */
  readonly homePosture: readonly number[];
  readonly workspace: Workspace;
}

export class PandaWorld {
  readonly simulation: Simulation;
  readonly #controller: OperationalSpaceController;
  readonly #workspace: Workspace;
  readonly #homePosture: readonly number[];
  readonly #pinchSite: number;
  readonly #pinchSensor: number;
  readonly #gripperActuator: number;
  readonly #driverAddress: number;
  readonly #target = new Float64Array(3);
  readonly #rotation = new Float64Array(9);
  readonly #toolPosition = new Float64Array(3);
  readonly #sensorIds = new Map<string, number>();
  readonly #bodyAddresses = new Map<string, number>();

  constructor(simulation: Simulation, scene: Omit<PandaScene, "mjcf">) {
    this.simulation = simulation;
    this.#workspace = scene.workspace;
    this.#homePosture = scene.homePosture;
    this.#pinchSite = simulation.id("site", "pinch");
    this.#pinchSensor = simulation.id("sensor", "pinch");
    this.#gripperActuator = simulation.id("actuator", "fingers");
    this.#driverAddress = simulation.positionAddress("right_driver");
    this.#controller = new OperationalSpaceController(simulation, this.#pinchSite, scene.homePosture);
  }

  /** @param mjcf another scene with the same named objects. */
  static async load(scene: PandaScene, physicsDt: number, mjcf = scene.mjcf): Promise<PandaWorld> {
    const simulation = await Simulation.load(mjcf, physicsDt);
    try {
      return new PandaWorld(simulation, scene);
    } catch (error) {
      simulation.close();
      throw error;
    }
  }

  /** Arm at rest in `jointPositions` (rad; the home posture by default), fingers open, target on the tool centre point. */
  reset(jointPositions: ArrayLike<number> = this.#homePosture): void {
    this.simulation.resetState();
    this.simulation.positions.set(jointPositions);
    this.simulation.forward();
    this.simulation.readSitePose(this.#pinchSite, this.#target, this.#rotation);
  }

  /** Moves the target by metres along each axis; it stops at the walls of the workspace. */
  moveTarget(x: number, y: number, z: number): void {
    const { low, high } = this.#workspace;
    this.#target[0] = clamp(this.#target[0]! + x, low[0], high[0]);
    this.#target[1] = clamp(this.#target[1]! + y, low[1], high[1]);
    this.#target[2] = clamp(this.#target[2]! + z, low[2], high[2]);
  }

  /** The position (m) that the controller drives the tool centre point to. */
  get target(): Readonly<Float64Array> {
    return this.#target;
  }

  /** Commanded gripper position: 0 open, 1 closed. */
  get gripperPosition(): number {
    return this.simulation.controls[this.#gripperActuator]! / GRIPPER_CONTROL_CLOSED;
  }

  set gripperPosition(value: number) {
    this.simulation.controls[this.#gripperActuator] = GRIPPER_CONTROL_CLOSED * clamp(value, 0, 1);
  }

  /** Measured opening of the fingers, as a share of their full opening. */
  get fingerOpening(): number {
    return clamp(1 - this.simulation.positions[this.#driverAddress]! / DRIVER_CLOSED_RAD, 0, 1);
  }

  /**
   * Runs the controller and the physics for `physicsSteps` steps.
   *
   * @throws Error when the physics became unstable. MuJoCo has then reset itself to an unrelated state.
   */
  advance(physicsSteps: number): void {
    const startS = this.simulation.timeS;
    for (let i = 0; i < physicsSteps; i++) {
      const torques = this.#controller.update(this.#target, TOOL_ORIENTATION);
      this.simulation.controls.set(torques);
      this.simulation.step();
    }
    if (this.simulation.timeS < startS + (physicsSteps - 0.5) * this.simulation.timeStepS) {
      throw new Error("the physics became unstable; call reset() and check the scene, the start state and physicsDt");
    }
  }

  /** Writes the arm's 18 numbers: joint positions (rad) and velocities (rad/s), gripper command (0 … 255), tool position (m). */
  readArmState(out: Float32Array): void {
    const positions = this.simulation.positions;
    const velocities = this.simulation.velocities;
    for (let joint = 0; joint < ARM_JOINTS; joint++) {
      out[joint] = positions[joint]!;
      out[ARM_JOINTS + joint] = velocities[joint]!;
    }
    out[2 * ARM_JOINTS] = this.simulation.controls[this.#gripperActuator]!;
    out.set(this.readToolPosition(this.#toolPosition), 2 * ARM_JOINTS + 1);
  }

  /** Tool centre point in metres, as the sensor saw it at the start of the last physics step. */
  readToolPosition(out: Float64Array): Float64Array {
    return this.simulation.readSensor(this.#pinchSensor, out);
  }

  /** Position sensor of a named object, metres. */
  readPosition(name: string, out: Float64Array): Float64Array {
    let id = this.#sensorIds.get(name);
    if (id === undefined) {
      id = this.simulation.id("sensor", name);
      this.#sensorIds.set(name, id);
    }
    return this.simulation.readSensor(id, out);
  }

  /** Puts a free body somewhere, upright; takes effect with the next `simulation.forward()`. */
  place(body: string, x: number, y: number, z: number): void {
    let address = this.#bodyAddresses.get(body);
    if (address === undefined) {
      address = this.simulation.positionAddress(body);
      this.#bodyAddresses.set(body, address);
    }
    const positions = this.simulation.positions;
    positions[address] = x;
    positions[address + 1] = y;
    positions[address + 2] = z;
  }

  close(): void {
    this.simulation.close();
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
