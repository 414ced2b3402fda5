/**
 * Combines keyboard, pointer and gamepad input and sends it: immediately on changes, and repeatedly as a keep-alive while
 * this page is in control. All input is released when the window loses the focus, a dialog opens, control changes or the
 * robot is stopped, because the release of a key might otherwise be missed.
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
import { type DeviceInput, driveInput, heldActions, IDLE, inputOfActions, type TakeOverMode } from "./device_input.ts";
import { focusView, keepFocusOnView } from "./focus.ts";
import { isDialogOpen, keyTargetOf, operate } from "./key_target.ts";
import { codeOf, isEscape, isSpace, meaningOf } from "./keyboard.ts";
import { PadManager } from "./pad_manager.ts";
import { type PadSnapshot, PadSource } from "./pad_source.ts";
import { loadKeys, loadPad, saveKeys, savePad } from "./stored_bindings.ts";

/** Gamepads have no events and are polled. */
const PAD_INTERVAL_MS = 10;
const MODE_KEY = "handrail.take_over_mode";

export interface DriverListener {
  /** The input or the active device has changed. */
  onChange(): void;
  onPress(action: PressAction): void;
  onStop(): void;
  /** A key that would act on the robot was pressed on a page that is not in control. */
  onIgnoredKey(): void;
  /** The gamepad was disconnected while steering. */
  onPadLost(): void;
  isInControl(): boolean;
  /** Whether the run can be stopped. */
  canStop(): boolean;
}

export class Driver {
  keys: KeyBindings;
  mode: TakeOverMode;
  toggledOn = false;
  /** The device used last, for which help is shown. */
  device: "keyboard" | "gamepad" = "keyboard";
  input: DriveInput = driveInput([], "held", false);
  readonly pads = new PadManager((pad) => loadPad(localStorage, pad));
  readonly padSource = new PadSource(navigator, isSecureContext);
  readonly #connection: Connection;
  readonly #listener: DriverListener;
  readonly #codes = new Set<string>();
  /** Keys whose press was handled here: their release is, too. */
  readonly #taken = new Set<string>();
  /** Pointer → held action. */
  readonly #touched = new Map<number, HeldAction>();
  #padInput: DeviceInput = IDLE;
  #padHelp = "";
  #wasDialogOpen = false;

  constructor(connection: Connection, listener: DriverListener) {
    this.#connection = connection;
    this.#listener = listener;
    this.keys = loadKeys(localStorage);
    this.mode = localStorage.getItem(MODE_KEY) === "toggled" ? "toggled" : "held";
    addEventListener("keydown", (event) => this.#onKeyDown(event), { capture: true });
    addEventListener("keyup", (event) => this.#onKeyUp(event), { capture: true });
    for (const type of ["blur", "pagehide"]) addEventListener(type, () => this.releaseAll());
    document.addEventListener("visibilitychange", () => this.releaseAll());
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
      addEventListener(type, ({ pointerId }) => this.release(pointerId), { capture: true });
    }
    keepFocusOnView(() => listener.isInControl());
    setInterval(() => this.#beat(), INPUT_INTERVAL_MS);
    setInterval(() => this.#readPads(), PAD_INTERVAL_MS);
  }

  /** Bindings of the active gamepad. */
  get pad(): PadBindings | undefined {
    return this.pads.monitor?.bindings;
  }

  /** `Gamepad.id` of the active gamepad. */
  get padId(): string | undefined {
    return this.pads.pad?.id;
  }

  /** Actions that are held by keys or pointers. */
  get held(): ReadonlySet<HeldAction> {
    return new Set([...heldActions(this.#codes, this.keys, HELD_ACTIONS), ...this.#touched.values()]);
  }

  /** A finger or the mouse holds a key on the page until `release`. */
  touch(pointer: number, action: HeldAction): void {
    if (!this.#listener.isInControl()) return;
    this.#touched.set(pointer, action);
    this.#update();
  }

  release(pointer: number): void {
    if (this.#touched.delete(pointer)) this.#update();
  }

  /** Releases the keys on the page, which are disabled now. */
  releaseTouches(): void {
    this.#touched.clear();
    this.#update();
  }

  /** Releases all input. Keys and buttons that are still down have to be pressed again. */
  releaseAll(): void {
    this.#codes.clear();
    this.#touched.clear();
    this.pads.disarm();
    this.#padInput = IDLE;
    this.#update();
  }

  /** Control was taken: releases all input and moves the keyboard focus to the 3-D view. */
  begin(): void {
    this.releaseAll();
    focusView();
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
    this.releaseAll();
  }

  /** @param change applied to the present bindings; the page may still show older ones. */
  changePad(change: (present: PadBindings) => PadBindings): void {
    const { pad } = this.pads;
    const present = this.pad;
    if (pad === undefined || present === undefined) return;
    const bindings = change(present);
    savePad(localStorage, pad, bindings);
    this.releaseAll();
    this.pads.rebind(bindings);
    this.#listener.onChange();
  }

  /** Raw state of the active gamepad, for assigning it. */
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
    // While it is held, some systems do not report the release of other keys.
    if (event.key === "Meta") this.releaseAll();
    if (meaning === "page") return;
    // Esc keeps its default, which closes dialogs.
    if (!isEscape(event) && meaning !== "ignored") {
      event.preventDefault();
      this.#taken.add(codeOf(event));
    }
    if (event.repeat) return;
    if (meaning === "stop") this.#listener.onStop();
    else if (meaning === "press") operate(event);
    else if (meaning === "ignored") this.#listener.onIgnoredKey();
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
    // Space presses a button on release.
    if (this.#taken.delete(code) || (isSpace(event) && this.#taken.delete("Space"))) event.preventDefault();
    if (this.#codes.delete(code)) this.#update();
  }

  #readPads(): void {
    const reading = this.pads.read(this.padSource.read(), performance.now());
    if (reading.changed) this.device = this.pads.pad === undefined ? "keyboard" : "gamepad";
    // The inputs of the help text.
    const help = `${this.padSource.refusal} ${this.pads.monitor?.restless.join()}`;
    if (reading.changed || help !== this.#padHelp) this.#listener.onChange();
    this.#padHelp = help;
    if (reading.lostWhileSteering) {
      this.releaseAll();
      this.#listener.onPadLost();
    }
    for (const action of reading.pressed) {
      this.device = "gamepad";
      if (action === "stop") this.#listener.onStop();
      else if (isDialogOpen() || document.hidden || !this.#listener.isInControl()) continue;
      else if (action === "intervene" && this.mode === "toggled") this.toggledOn = !this.toggledOn;
      else if (isPressAction(action)) this.#listener.onPress(action);
    }
    this.#padInput = document.hidden ? IDLE : reading.input;
    this.#update();
  }

  /** Sends the input if it has changed. */
  #update(): void {
    if (!this.#listener.isInControl()) this.toggledOn = false;
    const devices = isDialogOpen() ? [] : [inputOfActions(this.held), this.#padInput];
    const input = driveInput(devices, this.mode, this.toggledOn);
    const changed = JSON.stringify(input) !== JSON.stringify(this.input);
    this.input = input;
    if (!changed) return;
    this.#beat();
    this.#listener.onChange();
  }

  /** Releases all input when a dialog opens or closes: it receives the releases of keys. */
  #watchDialogs(): void {
    const isOpen = isDialogOpen();
    if (isOpen === this.#wasDialogOpen) return;
    this.#wasDialogOpen = isOpen;
    this.releaseAll();
  }

  #beat(): void {
    this.#watchDialogs();
    this.#connection.steer(this.#listener.isInControl() ? this.input : null);
  }
}

function isPressAction(action: string): action is PressAction {
  return (PRESS_ACTIONS as readonly string[]).includes(action);
}
