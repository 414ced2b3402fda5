/**
 * The page as a teleoperator. It is read once per control step and stores the page's input in between. A press shorter
 * than a control step counts for one step; a held key counts for exactly the steps it is held.
 */
import type { BoxSpace } from "../../envs/env.ts";
import { GRIPPER_CLOSE, GRIPPER_OPEN, GRIPPER_STAY } from "../../envs/index.ts";
import { DASHBOARD_TELEOPERATOR } from "../../teleoperators/registry.ts";
import {
  type ActionSource,
  type EventSource,
  NO_EVENTS,
  type TeleopEvents,
  type Teleoperator,
} from "../../teleoperators/teleoperator.ts";
import type { DriveInput, Label } from "../protocol.ts";

export const IDLE_INPUT: DriveInput = { intervening: false, motion: [0, 0, 0], gripper: "stay" };

const GRIPPER = { close: GRIPPER_CLOSE, stay: GRIPPER_STAY, open: GRIPPER_OPEN } as const;
const MOTIONS = 3;

/** Whether actions of this space are x, y, z, with or without a gripper. */
export function canSteer({ shape }: Pick<BoxSpace, "shape">): boolean {
  return shape.length === 1 && (shape[0] === MOTIONS || shape[0] === MOTIONS + 1);
}

/** Identifies an input, for measuring its latency. */
export interface InputStamp {
  readonly sequence: number;
  /** On the page's clock. */
  readonly sentMs: number;
}

/** Called when a control step applies an input, `waitedMs` after it arrived. */
export type InputListener = (stamp: InputStamp, waitedMs: number) => void;

export class DashboardTeleoperator implements Teleoperator, ActionSource, EventSource {
  readonly id = DASHBOARD_TELEOPERATOR;
  readonly actions = this;
  readonly events = this;
  readonly hasGripper: boolean;
  /** Called from the control loop: must return quickly. */
  onInputApplied: InputListener | undefined;
  readonly #now: () => number;
  #held: DriveInput = IDLE_INPUT;
  /** Presses since the last step, even if released again. */
  #pressed: DriveInput = IDLE_INPUT;
  #executing: DriveInput = IDLE_INPUT;
  #label: Label | undefined;
  #steeredMs = Number.NEGATIVE_INFINITY;
  #arrival: { readonly stamp: InputStamp; readonly atMs: number } | undefined;

  /**
   * @param actionSpace of the environment: x, y, z and, with four values, the gripper.
   * @param now milliseconds on any clock.
   * @throws Error for another action space.
   */
  constructor({ shape }: Pick<BoxSpace, "shape">, now: () => number = () => performance.now()) {
    if (!canSteer({ shape })) {
      throw new Error(`the dashboard steers actions of shape [3] or [4] (x, y, z, gripper), not [${shape.join(", ")}]`);
    }
    this.hasGripper = shape[0] === MOTIONS + 1;
    this.#now = now;
  }

  /** Whether a person steers or did so within the last `ms` milliseconds. */
  steeredWithin(ms: number): boolean {
    return this.#held.intervening || this.#now() - this.#steeredMs < ms;
  }

  setInput(input: DriveInput, stamp: InputStamp): void {
    this.#pressed = withPresses(this.#pressed, this.#held, input.intervening ? input : IDLE_INPUT);
    if (this.#held.intervening) this.#steeredMs = this.#now();
    if (!isSame(input, this.#held)) this.#arrival = { stamp, atMs: this.#now() };
    this.#held = input;
  }

  /** Ends the episode with this label at the next step. */
  setLabel(label: Label): void {
    this.#label = label;
  }

  /** Discards all input, pending presses and labels included. */
  releaseInput(): void {
    this.#held = IDLE_INPUT;
    this.#pressed = IDLE_INPUT;
    this.#label = undefined;
    this.#arrival = undefined;
  }

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {
    this.releaseInput();
  }

  /** Discards a label that was meant for the last episode. */
  onEpisodeStart(): void {
    this.#label = undefined;
  }

  getTeleopEvents(): TeleopEvents {
    this.#executing = merge(this.#held, this.#pressed);
    this.#pressed = IDLE_INPUT;
    const label = this.#label;
    this.#label = undefined;
    if (this.#arrival !== undefined) {
      this.onInputApplied?.(this.#arrival.stamp, this.#now() - this.#arrival.atMs);
      this.#arrival = undefined;
    }
    return {
      ...NO_EVENTS,
      isIntervention: this.#executing.intervening,
      success: label === "success",
      failure: label === "failure",
      rerecordEpisode: label === "rerecord",
      terminateEpisode: label === "terminate",
    };
  }

  getAction(): Float32Array {
    const { motion, gripper } = this.#executing;
    return Float32Array.from(this.hasGripper ? [...motion, GRIPPER[gripper]] : motion);
  }
}

/** Adds the directions and the gripper command that `now` has and `before` had not. */
function withPresses(pressed: DriveInput, before: DriveInput, now: DriveInput): DriveInput {
  const motion = pressed.motion.map((kept, i) =>
    now.motion[i] !== 0 && before.motion[i] === 0 ? now.motion[i]! : kept,
  );
  return {
    intervening: pressed.intervening || (now.intervening && !before.intervening),
    motion: motion as [number, number, number],
    gripper: now.gripper !== "stay" && before.gripper === "stay" ? now.gripper : pressed.gripper,
  };
}

/** Held input has precedence over presses. */
function merge(held: DriveInput, pressed: DriveInput): DriveInput {
  return {
    intervening: held.intervening || pressed.intervening,
    motion: held.motion.map((share, i) => share || pressed.motion[i]!) as [number, number, number],
    gripper: held.gripper === "stay" ? pressed.gripper : held.gripper,
  };
}

function isSame(a: DriveInput, b: DriveInput): boolean {
  return (
    a.intervening === b.intervening && a.gripper === b.gripper && a.motion.every((value, i) => value === b.motion[i])
  );
}
