/** Which key or button does what. `stored_bindings.ts` keeps it per device. */

/** Things that act while they are held. */
export const HELD_ACTIONS = ["x+", "x-", "y+", "y-", "z+", "z-", "close", "open"] as const;
export type HeldAction = (typeof HELD_ACTIONS)[number];

/** Things that happen once per press. */
export const PRESS_ACTIONS = ["success", "failure", "rerecord", "terminate", "undo"] as const;
export type PressAction = (typeof PRESS_ACTIONS)[number];

export const ACTION_NAMES: Readonly<Record<HeldAction | PressAction | "intervene", string>> = {
  "x+": "forward",
  "x-": "back",
  "y+": "left",
  "y-": "right",
  "z+": "up",
  "z-": "down",
  close: "close",
  open: "open",
  success: "success",
  failure: "failure",
  rerecord: "re-record",
  terminate: "end",
  undo: "undo label",
  intervene: "take over",
};

/** Action → `KeyboardEvent.code`s: places on the keyboard, whatever is printed on them. */
export type KeyBindings = Readonly<Record<HeldAction | PressAction | "intervene", readonly string[]>>;

/** An axis of a gamepad and whether its positive end is the action's negative one. */
export interface AxisBinding {
  readonly axis: number;
  readonly inverted: boolean;
}

export type PadAction = "close" | "open" | "intervene" | "stop" | PressAction;

/**
 * "standard": the W3C's mapping, in which every button and axis has its place. "": a pad that the browser doesn't know;
 * what its numbers mean, and even whether its triggers rest at 0 or at -1, nobody knows before a person has tried.
 */
export type PadMapping = "standard" | "";

export interface PadBindings {
  /** The kind of pad they are for; on another they do nothing. */
  readonly mapping: PadMapping;
  /** `null`: not assigned. */
  readonly x: AxisBinding | null;
  readonly y: AxisBinding | null;
  readonly z: AxisBinding | null;
  /** Action → button. */
  readonly buttons: Readonly<Record<PadAction, number | null>>;
  /** Deflections below this share of the way count as none. */
  readonly deadZone: number;
}

/** The arrows and shifts are gym-hil's; the letters do the same where modifiers are awkward. */
export const DEFAULT_KEYS: KeyBindings = {
  "x+": ["ArrowUp"],
  "x-": ["ArrowDown"],
  "y+": ["ArrowLeft"],
  "y-": ["ArrowRight"],
  "z+": ["KeyW", "ShiftRight"],
  "z-": ["KeyS", "ShiftLeft"],
  close: ["KeyA"],
  open: ["KeyD"],
  success: ["Enter"],
  failure: ["Backspace"],
  rerecord: ["KeyR"],
  terminate: ["KeyT"],
  undo: ["KeyU"],
  intervene: ["KeyI"],
};

/** The W3C's standard mapping, used as gym-hil uses a pad; sticks point up with negative numbers. */
export const DEFAULT_PAD = {
  mapping: "standard",
  x: { axis: 1, inverted: true },
  y: { axis: 0, inverted: true },
  z: { axis: 3, inverted: true },
  buttons: {
    close: 6,
    open: 7,
    intervene: 5,
    stop: 8,
    success: 3,
    failure: 0,
    rerecord: 2,
    terminate: 1,
    undo: 4,
  },
  deadZone: 0.1,
} as const satisfies PadBindings;

/** A pad that nobody has set up yet does nothing. */
export const UNASSIGNED_PAD: PadBindings = {
  mapping: "",
  x: null,
  y: null,
  z: null,
  buttons: {
    close: null,
    open: null,
    intervene: null,
    stop: null,
    success: null,
    failure: null,
    rerecord: null,
    terminate: null,
    undo: null,
  },
  deadZone: 0.1,
};

export const PAD_ACTIONS = Object.keys(UNASSIGNED_PAD.buttons) as readonly PadAction[];
export const PAD_AXES = ["x", "y", "z"] as const;
export type PadAxis = (typeof PAD_AXES)[number];

export function defaultPad(mapping: PadMapping): PadBindings {
  return mapping === "standard" ? DEFAULT_PAD : UNASSIGNED_PAD;
}

/** Whether a person can steer with it: something must take over, and something must move. */
export function canSteerWith({ buttons, x, y, z }: PadBindings): boolean {
  return buttons.intervene !== null && (x ?? y ?? z) !== null;
}

/** Keys that no action can have: they stop, move the focus, or belong to the browser and the system. */
const RESERVED = /^(Escape|Space|Tab|Control|Alt|Meta|OS|CapsLock|NumLock|ScrollLock|ContextMenu|Fn|$)/;

export function canBeBound(code: string): boolean {
  return !RESERVED.test(code);
}

/** Gives an action one key and takes that key from whatever else had it. */
export function rebindKey(bindings: KeyBindings, action: keyof KeyBindings, code: string): KeyBindings {
  const entries = Object.entries(bindings).map(([other, codes]) => [
    other,
    other === action ? [code] : codes.filter((known) => known !== code),
  ]);
  return Object.fromEntries(entries) as KeyBindings;
}

/** Gives an action another button; whatever had that button gets the old one. */
export function rebindButton(bindings: PadBindings, action: PadAction, button: number | null): PadBindings {
  const entries = Object.entries(bindings.buttons).map(([other, known]) => [
    other,
    other === action ? button : known === button && button !== null ? bindings.buttons[action] : known,
  ]);
  return { ...bindings, buttons: Object.fromEntries(entries) as PadBindings["buttons"] };
}

/** What is printed on most keyboards at a place. */
export function keyName(code: string): string {
  const names: Readonly<Record<string, string>> = {
    ArrowUp: "↑",
    ArrowDown: "↓",
    ArrowLeft: "←",
    ArrowRight: "→",
    ShiftLeft: "⇧ L",
    ShiftRight: "⇧ R",
    Backspace: "⌫",
    Enter: "↵",
    Space: "␣",
  };
  return names[code] ?? code.replace(/^(Key|Digit|Numpad)/, "");
}

/** What is printed on a pad's button in the standard mapping; of other pads only the number is known. */
export function buttonName(button: number | null, mapping: PadMapping = "standard"): string {
  if (button === null) return "–";
  const names = ["A", "B", "X", "Y", "LB", "RB", "LT", "RT", "Back", "Start", "LS", "RS"];
  return (mapping === "standard" ? names[button] : undefined) ?? `#${button}`;
}
