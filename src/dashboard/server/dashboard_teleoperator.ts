/**
 * The page as something to steer with. It is asked once per control step; in between it keeps what the person's hands
 * do. A press shorter than a control step still counts for one step, a held one for exactly the steps it is held.
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

/** Which input it was, for measuring how long it took. */
export interface InputStamp {
  readonly sequence: number;
  /** On the page's clock. */
  readonly sentMs: number;
}

/** Called when a control step takes an input up, `waitedMs` after it arrived. */
export type InputListener = (stamp: InputStamp, waitedMs: number) => void;

export class DashboardTeleoperator implements Teleoperator, ActionSource, EventSource {
  readonly id = DASHBOARD_TELEOPERATOR;
  readonly actions = this;
  readonly events = this;
  readonly hasGripper: boolean;
  /** Called from the control loop: it must be quick. */
  onInputApplied: InputListener | undefined;
  readonly #now: () => number;
  #held: DriveInput = IDLE_INPUT;
  /** What was pressed since the last step; it may be over again. */
  #pressed: DriveInput = IDLE_INPUT;
  #executing: DriveInput = IDLE_INPUT;
  #label: Label | undefined;
  #steeredMs = Number.NEGATIVE_INFINITY;
  #arrival: { readonly stamp: InputStamp; readonly atMs: number } | undefined;

  /**
   * @param actionSpace of the environment: x, y, z, and the gripper if there is a fourth number.
   * @param now milliseconds on any clock.
   * @throws Error for another action space.
   */
  constructor({ shape }: Pick<BoxSpace, "shape">, now: () => number = () => performance.now()) {
    if (!canSteer({ shape })) {
      throw new Error(
        `the dashboard steers actions of 3 or 4 numbers (x, y, z, gripper), not of [${shape.join(", ")}]`,
      );
    }
    this.hasGripper = shape[0] === MOTIONS + 1;
    this.#now = now;
  }

  /** Whether a person steers, or did so a moment ago. */
  steeredWithin(ms: number): boolean {
    return this.#held.intervening || this.#now() - this.#steeredMs < ms;
  }

  /** What the hands do from now on. */
  setInput(input: DriveInput, stamp: InputStamp): void {
    this.#pressed = withPresses(this.#pressed, this.#held, input.intervening ? input : IDLE_INPUT);
    if (this.#held.intervening) this.#steeredMs = this.#now();
    if (!isSame(input, this.#held)) this.#arrival = { stamp, atMs: this.#now() };
    this.#held = input;
  }

  /** The person's verdict, or another end; reported at the next step. */
  setLabel(label: Label): void {
    this.#label = label;
  }

  /** Hands off: nothing that was pressed counts any more. */
  letGo(): void {
    this.#held = IDLE_INPUT;
    this.#pressed = IDLE_INPUT;
    this.#label = undefined;
    this.#arrival = undefined;
  }

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {
    this.letGo();
  }

  /** A verdict on the last episode isn't one on the next. */
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

/** What of an input was not there before is a press, each direction and the gripper by itself. */
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

/** What is held has precedence over what was pressed. */
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
