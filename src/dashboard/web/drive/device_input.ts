/** Converts held keys, pointers and gamepad state to driving input. Pure. */
import type { DriveInput } from "../../protocol.ts";
import type { AxisBinding, HeldAction, KeyBindings, PadAction, PadBindings, PadMapping } from "./bindings.ts";

export type Motion = [x: number, y: number, z: number];

/** The input of one device. */
export interface DeviceInput {
  readonly motion: Motion;
  readonly gripper: DriveInput["gripper"];
  /** Whether this device steers in held mode. */
  readonly engaged: boolean;
}

export const IDLE: DeviceInput = { motion: [0, 0, 0], gripper: "stay", engaged: false };

export function inputOfActions(held: ReadonlySet<HeldAction>): DeviceInput {
  if (held.size === 0) return IDLE;
  const along = (axis: "x" | "y" | "z") => Number(held.has(`${axis}+`)) - Number(held.has(`${axis}-`));
  const closing = Number(held.has("close")) - Number(held.has("open"));
  const gripper = closing > 0 ? "close" : closing < 0 ? "open" : "stay";
  return { motion: [along("x"), along("y"), along("z")], gripper, engaged: true };
}

/** The actions whose keys are down. */
export function heldActions(
  codes: ReadonlySet<string>,
  bindings: KeyBindings,
  actions: readonly HeldAction[],
): Set<HeldAction> {
  return new Set(actions.filter((action) => bindings[action].some((code) => codes.has(code))));
}

/** The used part of a `Gamepad`. */
export interface PadState {
  readonly mapping: string;
  readonly axes: readonly number[];
  readonly buttons: readonly { readonly pressed: boolean; readonly value: number }[];
}

/** A trigger counts as held from this value. */
const TRIGGER_THRESHOLD = 0.5;
/** Larger values are not from a stick: the hat switch of an unknown pad rests at 3.29. */
const MAX_READING = 1.5;

/** @param mapping the binding's mapping: button numbers mean nothing in another one. */
export function isPressed(pad: PadState, button: number | null, mapping: PadMapping = "standard"): boolean {
  const state = button === null || pad.mapping !== mapping ? undefined : pad.buttons[button];
  return state !== undefined && (state.pressed || state.value >= TRIGGER_THRESHOLD);
}

/** @returns the axis in [-1, 1]; undefined if it is missing or its value is invalid. */
export function readAxis(pad: PadState, axis: number): number | undefined {
  const value = pad.axes[axis];
  if (value === undefined || !(Math.abs(value) <= MAX_READING)) return undefined;
  return Math.min(1, Math.max(-1, value));
}

/** Which readings of a pad are valid. */
export interface PadTrust {
  /** Whether the axis was seen at rest. */
  readonly axis: (axis: number) => boolean;
  /** Whether the button was up before it was down. */
  readonly button: (action: PadAction) => boolean;
}

const TRUST_ALL: PadTrust = { axis: () => true, button: () => true };

/** A pad steers while its take-over button is held. */
export function inputOfPad(pad: PadState, bindings: PadBindings, trust: PadTrust = TRUST_ALL): DeviceInput {
  const { x, y, z, buttons, deadZone, mapping } = bindings;
  if (pad.mapping !== mapping) return IDLE;
  const along = (binding: AxisBinding | null) => {
    if (binding === null || !trust.axis(binding.axis)) return 0;
    const value = withDeadZone(readAxis(pad, binding.axis) ?? 0, deadZone);
    return binding.inverted ? 0 - value : value;
  };
  const held = (action: PadAction) => isPressed(pad, buttons[action], mapping) && trust.button(action);
  const closing = Number(held("close")) - Number(held("open"));
  const gripper = closing > 0 ? "close" : closing < 0 ? "open" : "stay";
  return { motion: [along(x), along(y), along(z)], gripper, engaged: held("intervene") };
}

/** 0 within the dead zone, then linear to ±1, without a jump. */
export function withDeadZone(value: number, deadZone: number): number {
  const size = Math.min(1, Math.abs(value));
  return size <= deadZone ? 0 : (Math.sign(value) * (size - deadZone)) / (1 - deadZone);
}

/**
 * "held": a device steers while its keys or its take-over button are held.
 * "toggled": one press takes over, another hands back; in between the arm is still without input.
 */
export type TakeOverMode = "held" | "toggled";

export function driveInput(devices: readonly DeviceInput[], mode: TakeOverMode, toggledOn: boolean): DriveInput {
  const steering = mode === "toggled" ? (toggledOn ? devices : []) : devices.filter(({ engaged }) => engaged);
  const sum = (axis: 0 | 1 | 2) => {
    const total = steering.reduce((part, { motion }) => part + motion[axis], 0);
    return Math.min(1, Math.max(-1, total));
  };
  return {
    intervening: mode === "toggled" ? toggledOn : steering.length > 0,
    motion: [sum(0), sum(1), sum(2)],
    gripper: steering.find(({ gripper }) => gripper !== "stay")?.gripper ?? "stay",
  };
}
