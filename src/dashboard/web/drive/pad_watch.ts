/**
 * One gamepad over time. A number from a pad is believed only after it was seen at rest: a stick in its middle, a button
 * up. So a throttle, a drifting stick or a button that is stuck moves nothing, whatever it reads at first.
 */
import { type AxisBinding, PAD_ACTIONS, PAD_AXES, type PadAction, type PadAxis, type PadBindings } from "./bindings.ts";
import { type Hands, handsOfPad, isPressed, type PadState, type PadTrust, readAxis } from "./hands.ts";

/** A stick must stay in its middle for so long; one that is pulled through it doesn't. */
const SETTLE_MS = 100;

export interface PadReading {
  readonly hands: Hands;
  /** Actions whose button went down since the reading before. */
  readonly pressed: readonly PadAction[];
}

export class PadWatch {
  #bindings: PadBindings;
  /** Axis → since when it has been within the dead zone. */
  readonly #centredSince = new Map<number, number>();
  /** Axes that were seen at rest. */
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
    // Browsers hide a pad until one of its buttons is pressed: that press may be the emergency stop.
    this.#released.add("stop");
  }

  get bindings(): PadBindings {
    return this.#bindings;
  }

  /** Other bindings: everything has to come to rest again before it counts. */
  rebind(bindings: PadBindings): void {
    this.#bindings = bindings;
    this.#centredSince.clear();
    this.#trusted.clear();
    this.#released.clear();
    this.#held = new Set();
  }

  /** Hands off: buttons that are held count no more until they have been up. The emergency stop always counts. */
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
    return { hands: handsOfPad(pad, this.#bindings, this.#trust), pressed };
  }

  /** Assigned axes that have not been at rest so far: they are ignored. */
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
