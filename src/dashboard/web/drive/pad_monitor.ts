/**
 * Monitors one gamepad. An axis or button counts only after it was seen at rest: a stick at its centre, a button up. So a
 * throttle, a drifting stick or a stuck button moves nothing.
 */
import { type AxisBinding, PAD_ACTIONS, PAD_AXES, type PadAction, type PadAxis, type PadBindings } from "./bindings.ts";
import { type DeviceInput, inputOfPad, isPressed, type PadState, type PadTrust, readAxis } from "./device_input.ts";

/** How long a stick must stay at its centre to count as at rest. */
const SETTLE_MS = 100;

export interface PadReading {
  readonly input: DeviceInput;
  /** Actions whose button was pressed since the last reading. */
  readonly pressed: readonly PadAction[];
}

export class PadMonitor {
  #bindings: PadBindings;
  /** Axis → time at which it entered the dead zone. */
  readonly #centredSince = new Map<number, number>();
  /** Axes seen at rest. */
  readonly #trusted = new Set<number>();
  /** Actions whose button was seen up. */
  readonly #released = new Set<PadAction>();
  #held: ReadonlySet<PadAction> = new Set();
  readonly #trust: PadTrust = {
    axis: (axis) => this.#trusted.has(axis),
    button: (action) => this.#held.has(action),
  };

  constructor(bindings: PadBindings) {
    this.#bindings = bindings;
    // Browsers report a pad with its first press, which may be the emergency stop.
    this.#released.add("stop");
  }

  get bindings(): PadBindings {
    return this.#bindings;
  }

  /** Changes the bindings. Axes and buttons count again after they were at rest. */
  rebind(bindings: PadBindings): void {
    this.#bindings = bindings;
    this.#centredSince.clear();
    this.#trusted.clear();
    this.#released.clear();
    this.#held = new Set();
  }

  /** Releases all input. Held buttons count again after their release; the emergency stop always counts. */
  disarm(): void {
    this.#released.clear();
    this.#released.add("stop");
    this.#held = new Set(this.#held.has("stop") ? ["stop"] : []);
  }

  read(pad: PadState, nowMs: number): PadReading {
    this.#judgeAxes(pad, nowMs);
    const { mapping, buttons } = this.#bindings;
    const down = PAD_ACTIONS.filter((action) => isPressed(pad, buttons[action], mapping));
    for (const action of PAD_ACTIONS) if (!down.includes(action)) this.#released.add(action);
    const held = new Set(down.filter((action) => this.#released.has(action)));
    const pressed = [...held].filter((action) => !this.#held.has(action));
    this.#held = held;
    return { input: inputOfPad(pad, this.#bindings, this.#trust), pressed };
  }

  /** Assigned axes that are ignored because they have not been at rest. */
  get restless(): readonly PadAxis[] {
    return PAD_AXES.filter((name) => {
      const binding = this.#bindings[name];
      return binding !== null && !this.#trusted.has(binding.axis);
    });
  }

  #judgeAxes(pad: PadState, nowMs: number): void {
    const bound = PAD_AXES.map((name) => this.#bindings[name]).filter((binding): binding is AxisBinding => !!binding);
    for (const { axis } of bound) {
      const value = readAxis(pad, axis);
      if (value === undefined) this.#trusted.delete(axis);
      if (value === undefined || Math.abs(value) > this.#bindings.deadZone) this.#centredSince.delete(axis);
      else if (!this.#centredSince.has(axis)) this.#centredSince.set(axis, nowMs);
      const since = this.#centredSince.get(axis);
      if (since !== undefined && nowMs - since >= SETTLE_MS) this.#trusted.add(axis);
    }
  }
}
