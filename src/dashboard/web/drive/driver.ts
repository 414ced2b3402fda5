/**
 * Turns what a person holds into messages: at once when something changes, and every few milliseconds as a sign of life
 * while this page holds control. Whatever could leave a hand on the robot that is no longer there — the window loses the
 * focus, a dialog opens, control changes hands, the robot is stopped — counts as hands off.
 */
import { INPUT_INTERVAL_MS } from "../../limits.ts";
import type { DriveInput } from "../../protocol.ts";
import type { Connection } from "../connection.ts";
import {
  HELD_ACTIONS,
  type HeldAction,
  type KeyBindings,
  type PadBindings,
  PRESS_ACTIONS,
  type PressAction,
} from "./bindings.ts";
import { giveFocusToDriving, keepFocusOnDriving } from "./focus.ts";
import { driveInput, type Hands, handsOfActions, heldActions, IDLE, type TakeOverMode } from "./hands.ts";
import { isDialogOpen, keyTargetOf, operate } from "./key_target.ts";
import { codeOf, isEscape, isSpace, meaningOf } from "./keyboard.ts";
import { PadDesk } from "./pad_desk.ts";
import { type PadSnapshot, PadSource } from "./pad_source.ts";
import { loadKeys, loadPad, saveKeys, savePad } from "./stored_bindings.ts";

/** Pads have no events: they are asked. */
const PAD_INTERVAL_MS = 10;
const MODE_KEY = "handrail.take_over_mode";

export interface DriverListener {
  /** What is held has changed, or which device is in use. */
  onChange(): void;
  onPress(action: PressAction): void;
  onStop(): void;
  /** A key that would act on the robot was pressed on a page that is not in control. */
  onUnheard(): void;
  /** The gamepad vanished while it steered. */
  onPadLost(): void;
  isInControl(): boolean;
  /** There is a robot that can be stopped. */
  canStop(): boolean;
}

export class Driver {
  keys: KeyBindings;
  mode: TakeOverMode;
  toggledOn = false;
  /** The device that was touched last: help is shown for it. */
  device: "keyboard" | "gamepad" = "keyboard";
  input: DriveInput = driveInput([], "held", false);
  readonly pads = new PadDesk((pad) => loadPad(localStorage, pad));
  readonly padSource = new PadSource(navigator, isSecureContext);
  readonly #connection: Connection;
  readonly #listener: DriverListener;
  readonly #codes = new Set<string>();
  /** Keys whose press was ours: their release is, too. */
  readonly #taken = new Set<string>();
  /** Pointer → what it holds. */
  readonly #touched = new Map<number, HeldAction>();
  #padHands: Hands = IDLE;
  #padHelp = "";
  #wasDialogOpen = false;

  constructor(connection: Connection, listener: DriverListener) {
    this.#connection = connection;
    this.#listener = listener;
    this.keys = loadKeys(localStorage);
    this.mode = localStorage.getItem(MODE_KEY) === "toggled" ? "toggled" : "held";
    addEventListener("keydown", (event) => this.#onKeyDown(event), { capture: true });
    addEventListener("keyup", (event) => this.#onKeyUp(event), { capture: true });
    for (const type of ["blur", "pagehide"]) addEventListener(type, () => this.letGo());
    document.addEventListener("visibilitychange", () => this.letGo());
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
      addEventListener(type, ({ pointerId }) => this.release(pointerId), { capture: true });
    }
    keepFocusOnDriving(() => listener.isInControl());
    setInterval(() => this.#beat(), INPUT_INTERVAL_MS);
    setInterval(() => this.#readPads(), PAD_INTERVAL_MS);
  }

  /** Bindings of the pad in use. */
  get pad(): PadBindings | undefined {
    return this.pads.watch?.bindings;
  }

  /** `Gamepad.id` of the pad in use. */
  get padId(): string | undefined {
    return this.pads.pad?.id;
  }

  /** Actions that are held by keys or fingers, for the help to light up. */
  get held(): ReadonlySet<HeldAction> {
    return new Set([...heldActions(this.#codes, this.keys, HELD_ACTIONS), ...this.#touched.values()]);
  }

  /** A finger, or the mouse, holds a key on the page until `release`. */
  touch(pointer: number, action: HeldAction): void {
    if (!this.#listener.isInControl()) return;
    this.#touched.set(pointer, action);
    this.#update();
  }

  release(pointer: number): void {
    if (this.#touched.delete(pointer)) this.#update();
  }

  /** Keys on the page cannot be held any more: they are not drawn as such. */
  liftFingers(): void {
    this.#touched.clear();
    this.#update();
  }

  /** Hands off. Keys and buttons that are still down have to be pressed again. */
  letGo(): void {
    this.#codes.clear();
    this.#touched.clear();
    this.pads.disarm();
    this.#padHands = IDLE;
    this.#update();
  }

  /** Control was taken: what was held before counts no more, and the keyboard goes to the robot. */
  begin(): void {
    this.letGo();
    giveFocusToDriving();
  }

  setMode(mode: TakeOverMode): void {
    this.mode = mode;
    this.toggledOn = false;
    localStorage.setItem(MODE_KEY, mode);
    this.#update();
    this.#listener.onChange();
  }

  toggle(isOn: boolean = !this.toggledOn): void {
    this.toggledOn = isOn && this.#listener.isInControl();
    this.#update();
  }

  setKeys(keys: KeyBindings): void {
    this.keys = keys;
    saveKeys(localStorage, keys);
    this.letGo();
  }

  /** @param change of the bindings as they are now: what the page shows may be older. */
  changePad(change: (present: PadBindings) => PadBindings): void {
    const { pad } = this.pads;
    const present = this.pad;
    if (pad === undefined || present === undefined) return;
    const bindings = change(present);
    savePad(localStorage, pad, bindings);
    this.letGo();
    this.pads.rebind(bindings);
    this.#listener.onChange();
  }

  /** The latest readings of the pad in use, for setting it up. */
  readRawPad(): PadSnapshot | undefined {
    return this.padSource.read().find(({ index }) => index === this.pads.pad?.index);
  }

  #onKeyDown(event: KeyboardEvent): void {
    const meaning = meaningOf(event, {
      target: keyTargetOf(event),
      canStop: this.#listener.canStop(),
      inControl: this.#listener.isInControl(),
      isDialogOpen: isDialogOpen(),
      bindings: this.keys,
    });
    // While it is held some systems keep the releases of other keys to themselves.
    if (event.key === "Meta") this.letGo();
    if (meaning === "page") return;
    // Esc also closes what is open.
    if (!isEscape(event) && meaning !== "unheard") {
      event.preventDefault();
      this.#taken.add(codeOf(event));
    }
    if (event.repeat) return;
    if (meaning === "stop") this.#listener.onStop();
    else if (meaning === "press") operate(event);
    else if (meaning === "unheard") this.#listener.onUnheard();
    else this.#press(codeOf(event));
  }

  #press(code: string): void {
    this.device = "keyboard";
    this.#codes.add(code);
    for (const action of PRESS_ACTIONS) if (this.keys[action].includes(code)) this.#listener.onPress(action);
    if (this.keys.intervene.includes(code) && this.mode === "toggled") this.toggledOn = !this.toggledOn;
    this.#update();
  }

  #onKeyUp(event: KeyboardEvent): void {
    const code = codeOf(event);
    // A button is pressed when Space comes up, not when it goes down.
    if (this.#taken.delete(code) || (isSpace(event) && this.#taken.delete("Space"))) event.preventDefault();
    if (this.#codes.delete(code)) this.#update();
  }

  #readPads(): void {
    const reading = this.pads.read(this.padSource.read(), performance.now());
    if (reading.changed) this.device = this.pads.pad === undefined ? "keyboard" : "gamepad";
    // What the help for a pad hangs on.
    const help = `${this.padSource.refusal} ${this.pads.watch?.restless.join()}`;
    if (reading.changed || help !== this.#padHelp) this.#listener.onChange();
    this.#padHelp = help;
    if (reading.lostWhileSteering) {
      this.letGo();
      this.#listener.onPadLost();
    }
    for (const action of reading.pressed) {
      this.device = "gamepad";
      if (action === "stop") this.#listener.onStop();
      else if (isDialogOpen() || document.hidden || !this.#listener.isInControl()) continue;
      else if (action === "intervene" && this.mode === "toggled") this.toggledOn = !this.toggledOn;
      else if (isPressAction(action)) this.#listener.onPress(action);
    }
    this.#padHands = document.hidden ? IDLE : reading.hands;
    this.#update();
  }

  /** Sends what is held if it has changed. */
  #update(): void {
    if (!this.#listener.isInControl()) this.toggledOn = false;
    const devices = isDialogOpen() ? [] : [handsOfActions(this.held), this.#padHands];
    const input = driveInput(devices, this.mode, this.toggledOn);
    const changed = JSON.stringify(input) !== JSON.stringify(this.input);
    this.input = input;
    if (!changed) return;
    this.#beat();
    this.#listener.onChange();
  }

  /** A dialog takes the keyboard with it, and the releases of keys. What is held when it closes was not meant for the robot. */
  #watchDialogs(): void {
    const isOpen = isDialogOpen();
    if (isOpen === this.#wasDialogOpen) return;
    this.#wasDialogOpen = isOpen;
    this.letGo();
  }

  #beat(): void {
    this.#watchDialogs();
    this.#connection.steer(this.#listener.isInControl() ? this.input : null);
  }
}

function isPressAction(action: string): action is PressAction {
  return (PRESS_ACTIONS as readonly string[]).includes(action);
}
