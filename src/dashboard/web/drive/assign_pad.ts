/**
 * Identifies a gamepad's buttons and axes while the user presses and moves them. An axis is accepted only if it starts at
 * its centre, is pushed far out, and returns: a trigger or a throttle rests at an end and would move the robot.
 */
import type { AxisBinding } from "./bindings.ts";
import type { PadState } from "./device_input.ts";

const MIDDLE = 0.25;
const PUSHED = 0.6;
/** How long a stick must stay at its centre after the push. */
const SETTLE_MS = 400;

export type AxisTrial =
  | { readonly state: "waiting" | "pushed" }
  | { readonly state: "refused"; readonly reason: string }
  | { readonly state: "found"; readonly binding: AxisBinding };

/** Identifies an axis that is pushed towards the action's positive end and released. */
export class AxisFinder {
  readonly #rest: readonly number[];
  #pushed: { readonly axis: number; readonly sign: number; readonly restedAt: number } | undefined;
  #backSinceMs: number | undefined;
  #outSinceMs = 0;

  /** @param pad its state at rest. */
  constructor(pad: PadState) {
    this.#rest = [...pad.axes];
  }

  read(pad: PadState, nowMs: number): AxisTrial {
    this.#pushed ??= this.#findPush(pad, nowMs);
    if (this.#pushed === undefined) return { state: "waiting" };
    const { axis, sign, restedAt } = this.#pushed;
    if (!(Math.abs(restedAt) <= MIDDLE)) {
      return refused(axis, `rests at ${restedAt.toFixed(1)}, not at its centre: it is a trigger or a throttle`);
    }
    const value = pad.axes[axis] ?? Number.NaN;
    if (!(Math.abs(value) <= MIDDLE)) {
      this.#backSinceMs = undefined;
      if (value * sign > 0) this.#outSinceMs = nowMs;
      if (nowMs - this.#outSinceMs < SETTLE_MS) return { state: "pushed" };
      return refused(axis, "does not return to its centre: it is a trigger or a throttle");
    }
    this.#backSinceMs ??= nowMs;
    if (nowMs - this.#backSinceMs < SETTLE_MS) return { state: "pushed" };
    return { state: "found", binding: { axis, inverted: sign < 0 } };
  }

  #findPush(pad: PadState, nowMs: number) {
    const moved = (axis: number) => Math.abs((pad.axes[axis] ?? Number.NaN) - (this.#rest[axis] ?? Number.NaN));
    const axis = pad.axes.findIndex((value, i) => moved(i) >= PUSHED && Math.abs(value) >= PUSHED);
    if (axis < 0) return undefined;
    this.#outSinceMs = nowMs;
    return { axis, sign: Math.sign(pad.axes[axis]!), restedAt: this.#rest[axis]! };
  }
}

function refused(axis: number, what: string): AxisTrial {
  return { state: "refused", reason: `Axis ${axis + 1} ${what}. Use a stick.` };
}

/** Identifies the first button that is pressed after construction. */
export class ButtonFinder {
  readonly #stuck: Set<number>;

  /** @param pad its present state; buttons that are down are ignored until released. */
  constructor(pad: PadState) {
    this.#stuck = new Set(downIn(pad));
  }

  /** @returns the pressed button; undefined before. */
  read(pad: PadState): number | undefined {
    const down = downIn(pad);
    for (const button of this.#stuck) if (!down.includes(button)) this.#stuck.delete(button);
    return down.find((button) => !this.#stuck.has(button));
  }
}

function downIn({ buttons }: PadState): number[] {
  return buttons.flatMap(({ pressed, value }, i) => (pressed || value >= 0.5 ? [i] : []));
}
