/**
 * Turns what a person holds into messages: at once when something changes, and every few milliseconds as a sign of life
 * while this page holds control. Keys that were down when the page lost the focus count as released.
 */
import { INPUT_INTERVAL_MS } from "../../limits.ts";
import type { DriveInput, Label } from "../../protocol.ts";
import type { Connection } from "../connection.ts";
import {
  HELD_ACTIONS,
  type HeldAction,
  type KeyBindings,
  loadKeys,
  loadPad,
  type PadBindings,
  PRESS_ACTIONS,
  type PressAction,
  saveKeys,
  savePad,
} from "./bindings.ts";
import {
  driveInput,
  type Hands,
  handsOfActions,
  handsOfPad,
  heldActions,
  IDLE,
  isPressed,
  type TakeOverMode,
} from "./hands.ts";

/** Pads have no events: they are asked. */
const PAD_INTERVAL_MS = 10;
const MODE_KEY = "handrail.take_over_mode";
/** Places where keys belong to the page, not to the robot. */
const EDITABLE = "input, select, textarea, [contenteditable]";
const PRESSABLE = `${EDITABLE}, button, a, summary, [role=button], [role=tab]`;

export interface DriverListener {
  /** What is held has changed, or which device is in use. */
  onChange(): void;
  onPress(action: PressAction): void;
  onStop(): void;
  isInControl(): boolean;
}

export class Driver {
  keys: KeyBindings;
  pad: PadBindings | undefined;
  /** `Gamepad.id` of the pad in use. */
  padId: string | undefined;
  mode: TakeOverMode;
  toggledOn = false;
  /** The device that was touched last: help is shown for it. */
  device: "keyboard" | "gamepad" = "keyboard";
  input: DriveInput = driveInput([], "held", false);
  readonly #connection: Connection;
  readonly #listener: DriverListener;
  readonly #codes = new Set<string>();
  readonly #touched = new Set<HeldAction>();
  #padHands: Hands = IDLE;
  #padPressed = new Set<string>();

  constructor(connection: Connection, listener: DriverListener) {
    this.#connection = connection;
    this.#listener = listener;
    this.keys = loadKeys(localStorage);
    this.mode = localStorage.getItem(MODE_KEY) === "toggled" ? "toggled" : "held";
    addEventListener("keydown", (event) => this.#onKeyDown(event), { capture: true });
    addEventListener("keyup", (event) => this.#onKeyUp(event), { capture: true });
    addEventListener("blur", () => this.letGo());
    document.addEventListener("visibilitychange", () => this.letGo());
    setInterval(() => this.#beat(), INPUT_INTERVAL_MS);
    setInterval(() => this.#readPad(), PAD_INTERVAL_MS);
  }

  /** Actions that are held by keys or fingers, for the help to light up. */
  get held(): ReadonlySet<HeldAction> {
    return new Set([...heldActions(this.#codes, this.keys, HELD_ACTIONS), ...this.#touched]);
  }

  touch(action: HeldAction, isDown: boolean): void {
    if (isDown) this.#touched.add(action);
    else this.#touched.delete(action);
    this.#update();
  }

  letGo(): void {
    this.#codes.clear();
    this.#touched.clear();
    this.#update();
  }

  setMode(mode: TakeOverMode): void {
    this.mode = mode;
    this.toggledOn = false;
    localStorage.setItem(MODE_KEY, mode);
    this.#update();
  }

  toggle(isOn: boolean = !this.toggledOn): void {
    this.toggledOn = isOn && this.#listener.isInControl();
    this.#update();
  }

  setKeys(keys: KeyBindings): void {
    this.keys = keys;
    saveKeys(localStorage, keys);
    this.#update();
  }

  setPad(pad: PadBindings): void {
    if (this.padId === undefined) return;
    this.pad = pad;
    savePad(localStorage, this.padId, pad);
    this.#update();
  }

  /** The latest readings of the pad in use, for setting it up. */
  readRawPad(): Gamepad | undefined {
    return navigator.getGamepads().find((pad) => pad?.connected) ?? undefined;
  }

  #onKeyDown(event: KeyboardEvent): void {
    const target = event.target instanceof Element ? event.target : undefined;
    const isEditing = target?.closest(EDITABLE) != null;
    // Stopping comes before everything else on the page, dialogs and text fields included.
    if (event.code === "Escape" || (event.code === "Space" && target?.closest(PRESSABLE) == null)) {
      if (event.code === "Space") event.preventDefault();
      if (!event.repeat) this.#listener.onStop();
      return;
    }
    if (isEditing || event.metaKey || event.altKey || !this.#listener.isInControl()) return;
    const { code } = event;
    // Enter on a button presses the button.
    if (code === "Enter" && target?.closest(PRESSABLE) != null) return;
    if (!Object.values(this.keys).some((codes) => codes.includes(code))) return;
    event.preventDefault();
    if (event.repeat) return;
    this.device = "keyboard";
    this.#codes.add(code);
    for (const action of PRESS_ACTIONS) if (this.keys[action].includes(code)) this.#listener.onPress(action);
    if (this.keys.intervene.includes(code) && this.mode === "toggled") this.toggledOn = !this.toggledOn;
    this.#update();
  }

  #onKeyUp({ code }: KeyboardEvent): void {
    if (this.#codes.delete(code)) this.#update();
  }

  #readPad(): void {
    const pad = this.readRawPad();
    if (pad?.id !== this.padId) {
      this.padId = pad?.id;
      this.pad = pad && loadPad(localStorage, pad.id);
      this.device = pad ? "gamepad" : "keyboard";
      this.#padHands = IDLE;
      this.#listener.onChange();
    }
    if (pad === undefined || this.pad === undefined) return;
    this.#padHands = handsOfPad(pad, this.pad);
    const { buttons } = this.pad;
    const pressed = new Set(
      Object.entries(buttons).flatMap(([action, button]) => (isPressed(pad, button) ? [action] : [])),
    );
    for (const action of pressed) if (!this.#padPressed.has(action)) this.#onPadPress(action);
    this.#padPressed = pressed;
    this.#update();
  }

  #onPadPress(action: string): void {
    this.device = "gamepad";
    if (action === "stop") this.#listener.onStop();
    else if (!this.#listener.isInControl()) return;
    else if (action === "intervene" && this.mode === "toggled") this.toggledOn = !this.toggledOn;
    else if (isPressAction(action)) this.#listener.onPress(action);
  }

  /** Sends what is held if it has changed. */
  #update(): void {
    if (!this.#listener.isInControl()) this.toggledOn = false;
    const input = driveInput([handsOfActions(this.held), this.#padHands], this.mode, this.toggledOn);
    const changed = JSON.stringify(input) !== JSON.stringify(this.input);
    this.input = input;
    if (!changed) return;
    this.#beat();
    this.#listener.onChange();
  }

  #beat(): void {
    this.#connection.steer(this.#listener.isInControl() ? this.input : null);
  }
}

function isPressAction(action: string): action is Label | "undo" {
  return (PRESS_ACTIONS as readonly string[]).includes(action);
}
