/** Bindings of keys, buttons and axes to actions. `stored_bindings.ts` stores them per device. */

/** Actions that last while the key is held. */
export const HELD_ACTIONS = ["x+", "x-", "y+", "y-", "z+", "z-", "close", "open"] as const;
export type HeldAction = (typeof HELD_ACTIONS)[number];

/** Actions that happen once per press. */
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

/** Action → `KeyboardEvent.code`s, which are physical positions and independent of the layout. */
export type KeyBindings = Readonly<Record<HeldAction | PressAction | "intervene", readonly string[]>>;

/** A gamepad axis. `inverted`: its positive end is the action's negative one. */
export interface AxisBinding {
  readonly axis: number;
  readonly inverted: boolean;
}

export type PadAction = "close" | "open" | "intervene" | "stop" | PressAction;

/**
 * "standard": the W3C mapping, which defines every button and axis. "": an unknown layout, in which not even the rest
 * positions of triggers (0 or -1) are known until the user assigns them.
 */
export type PadMapping = "standard" | "";

export interface PadBindings {
  /** The bindings only apply to pads with this mapping. */
  readonly mapping: PadMapping;
  /** `null`: not assigned. */
  readonly x: AxisBinding | null;
  readonly y: AxisBinding | null;
  readonly z: AxisBinding | null;
  /** Action → button. */
  readonly buttons: Readonly<Record<PadAction, number | null>>;
  /** Deflections below this share are ignored. */
  readonly deadZone: number;
}

/** Arrows and shifts as in gym-hil; letters as an alternative to modifiers. */
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

/** Bindings of gym-hil in the W3C standard mapping, in which up is negative. */
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

/** For a pad of unknown layout: no bindings. */
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

/** Whether the pad can steer: this needs a take-over button and an axis. */
export function canSteerWith({ buttons, x, y, z }: PadBindings): boolean {
  return buttons.intervene !== null && (x ?? y ?? z) !== null;
}

/** Keys that cannot be bound: they stop, move the focus, or belong to the browser or the system. */
const RESERVED = /^(Escape|Space|Tab|Control|Alt|Meta|OS|CapsLock|NumLock|ScrollLock|ContextMenu|Fn|$)/;

export function canBeBound(code: string): boolean {
  return !RESERVED.test(code);
}

/** Binds a key to an action and removes it from other actions. */
export function rebindKey(bindings: KeyBindings, action: keyof KeyBindings, code: string): KeyBindings {
  const entries = Object.entries(bindings).map(([other, codes]) => [
    other,
    other === action ? [code] : codes.filter((known) => known !== code),
  ]);
  return Object.fromEntries(entries) as KeyBindings;
}

/** Binds a button to an action; an action that had this button gets the old one. */
export function rebindButton(bindings: PadBindings, action: PadAction, button: number | null): PadBindings {
  const entries = Object.entries(bindings.buttons).map(([other, known]) => [
    other,
    other === action ? button : known === button && button !== null ? bindings.buttons[action] : known,
  ]);
  return { ...bindings, buttons: Object.fromEntries(entries) as PadBindings["buttons"] };
}

/** The usual label of a key position. */
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

/** The label of a button in the standard mapping; otherwise its number. */
export function buttonName(button: number | null, mapping: PadMapping = "standard"): string {
  if (button === null) return "–";
  const names = ["A", "B", "X", "Y", "LB", "RB", "LT", "RT", "Back", "Start", "LS", "RS"];
  return (mapping === "standard" ? names[button] : undefined) ?? `#${button}`;
}
