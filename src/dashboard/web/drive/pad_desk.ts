/**
 * All gamepads of a page: one is in use, and any of them stops the robot. Pads come, go, and come back as something else
 * at the same place; each begins anew.
 */
import { canSteerWith, type PadAction, type PadBindings } from "./bindings.ts";
import { type Hands, IDLE } from "./hands.ts";
import type { PadSnapshot } from "./pad_source.ts";
import { PadWatch } from "./pad_watch.ts";
import { padKey } from "./stored_bindings.ts";

export interface DeskReading {
  readonly hands: Hands;
  /** What was pressed, in order; `stop` comes first. */
  readonly pressed: readonly PadAction[];
  /** The pad in use is another one, or none. */
  readonly changed: boolean;
  /** The pad in use vanished with its take-over button held. */
  readonly lostWhileSteering: boolean;
}

interface Seat {
  readonly key: string;
  readonly watch: PadWatch;
  pad: PadSnapshot;
}

export class PadDesk {
  readonly #load: (pad: PadSnapshot) => PadBindings;
  /** By `Gamepad.index`. */
  readonly #seats = new Map<number, Seat>();
  #inUse: Seat | undefined;
  #hands: Hands = IDLE;

  /** @param load the bindings of a pad that appears. */
  constructor(load: (pad: PadSnapshot) => PadBindings) {
    this.#load = load;
  }

  /** The pad in use as it was read last. */
  get pad(): PadSnapshot | undefined {
    return this.#inUse?.pad;
  }

  get watch(): PadWatch | undefined {
    return this.#inUse?.watch;
  }

  /** Pads at hand, the one in use included. */
  get count(): number {
    return this.#seats.size;
  }

  /** Other bindings for the pad in use, and for others of its kind. */
  rebind(bindings: PadBindings): void {
    for (const { key, watch } of this.#seats.values()) if (key === this.#inUse?.key) watch.rebind(bindings);
  }

  /** Hands off, on every pad. */
  disarm(): void {
    for (const { watch } of this.#seats.values()) watch.disarm();
    this.#hands = IDLE;
  }

  /** @param nowMs on any clock. */
  read(pads: readonly PadSnapshot[], nowMs: number): DeskReading {
    const before = this.#inUse;
    const wasSteering = this.#hands.engaged;
    this.#seat(pads);
    const readings = [...this.#seats.values()].map((seat) => ({ seat, ...seat.watch.read(seat.pad, nowMs) }));
    const touched = readings.find(({ pressed }) => pressed.length > 0);
    // A pad that steers keeps steering, whatever is pressed on another.
    const engaged = readings.find(({ seat, hands }) => seat === this.#inUse && hands.engaged);
    if (engaged === undefined && touched !== undefined) this.#inUse = touched.seat;
    this.#inUse ??= readings.find(({ seat }) => canSteerWith(seat.watch.bindings))?.seat ?? readings[0]?.seat;
    const mine = readings.find(({ seat }) => seat === this.#inUse);
    this.#hands = mine?.hands ?? IDLE;
    const stops = readings.some(({ pressed }) => pressed.includes("stop"));
    const others = mine?.pressed.filter((action) => action !== "stop") ?? [];
    return {
      hands: this.#hands,
      pressed: stops ? ["stop", ...others] : others,
      changed: this.#inUse !== before,
      lostWhileSteering: wasSteering && before !== undefined && !this.#isSeated(before),
    };
  }

  #isSeated(seat: Seat): boolean {
    return this.#seats.get(seat.pad.index) === seat;
  }

  #seat(pads: readonly PadSnapshot[]): void {
    const seen = new Set(pads.map(({ index }) => index));
    for (const index of this.#seats.keys()) if (!seen.has(index)) this.#seats.delete(index);
    for (const pad of pads) {
      const key = padKey(pad);
      const seat = this.#seats.get(pad.index);
      if (seat?.key === key) seat.pad = pad;
      else this.#seats.set(pad.index, { key, watch: new PadWatch(this.#load(pad)), pad });
    }
    if (this.#inUse !== undefined && !this.#isSeated(this.#inUse)) this.#inUse = undefined;
  }
}
