/**
 * Manages the page's gamepads: one is active, and each of them can stop the robot. A gamepad that connects, or changes at
 * the same index, starts with a new monitor.
 */
import { canSteerWith, type PadAction, type PadBindings } from "./bindings.ts";
import { type DeviceInput, IDLE } from "./device_input.ts";
import { PadMonitor } from "./pad_monitor.ts";
import type { PadSnapshot } from "./pad_source.ts";
import { padKey } from "./stored_bindings.ts";

export interface PadsReading {
  readonly input: DeviceInput;
  /** New presses, `stop` first. */
  readonly pressed: readonly PadAction[];
  /** Whether the active pad has changed. */
  readonly changed: boolean;
  /** Whether the active pad was disconnected with its take-over button held. */
  readonly lostWhileSteering: boolean;
}

interface Slot {
  readonly key: string;
  readonly monitor: PadMonitor;
  pad: PadSnapshot;
}

export class PadManager {
  readonly #load: (pad: PadSnapshot) => PadBindings;
  /** By `Gamepad.index`. */
  readonly #slots = new Map<number, Slot>();
  #inUse: Slot | undefined;
  #input: DeviceInput = IDLE;

  /** @param load returns the bindings of a new pad. */
  constructor(load: (pad: PadSnapshot) => PadBindings) {
    this.#load = load;
  }

  /** The latest state of the active pad. */
  get pad(): PadSnapshot | undefined {
    return this.#inUse?.pad;
  }

  get monitor(): PadMonitor | undefined {
    return this.#inUse?.monitor;
  }

  /** Number of connected pads. */
  get count(): number {
    return this.#slots.size;
  }

  /** Changes the bindings of the active pad and of others of the same kind. */
  rebind(bindings: PadBindings): void {
    for (const { key, monitor } of this.#slots.values()) if (key === this.#inUse?.key) monitor.rebind(bindings);
  }

  /** Releases the input of every pad. */
  disarm(): void {
    for (const { monitor } of this.#slots.values()) monitor.disarm();
    this.#input = IDLE;
  }

  /** @param nowMs milliseconds on any clock. */
  read(pads: readonly PadSnapshot[], nowMs: number): PadsReading {
    const before = this.#inUse;
    const wasSteering = this.#input.engaged;
    this.#updateSlots(pads);
    const readings = [...this.#slots.values()].map((slot) => ({ slot, ...slot.monitor.read(slot.pad, nowMs) }));
    const touched = readings.find(({ pressed }) => pressed.length > 0);
    // A pad that is steering stays active.
    const engaged = readings.find(({ slot, input }) => slot === this.#inUse && input.engaged);
    if (engaged === undefined && touched !== undefined) this.#inUse = touched.slot;
    this.#inUse ??= readings.find(({ slot }) => canSteerWith(slot.monitor.bindings))?.slot ?? readings[0]?.slot;
    const mine = readings.find(({ slot }) => slot === this.#inUse);
    this.#input = mine?.input ?? IDLE;
    const stops = readings.some(({ pressed }) => pressed.includes("stop"));
    const others = mine?.pressed.filter((action) => action !== "stop") ?? [];
    return {
      input: this.#input,
      pressed: stops ? ["stop", ...others] : others,
      changed: this.#inUse !== before,
      lostWhileSteering: wasSteering && before !== undefined && !this.#isConnected(before),
    };
  }

  #isConnected(slot: Slot): boolean {
    return this.#slots.get(slot.pad.index) === slot;
  }

  #updateSlots(pads: readonly PadSnapshot[]): void {
    const seen = new Set(pads.map(({ index }) => index));
    for (const index of this.#slots.keys()) if (!seen.has(index)) this.#slots.delete(index);
    for (const pad of pads) {
      const key = padKey(pad);
      const slot = this.#slots.get(pad.index);
      if (slot?.key === key) slot.pad = pad;
      else this.#slots.set(pad.index, { key, monitor: new PadMonitor(this.#load(pad)), pad });
    }
    if (this.#inUse !== undefined && !this.#isConnected(this.#inUse)) this.#inUse = undefined;
  }
}
