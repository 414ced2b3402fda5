/** Which key or button does what. Kept per device, so a person's own pad stays as it was set up. */

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

export interface PadBindings {
  readonly x: AxisBinding;
  readonly y: AxisBinding;
  readonly z: AxisBinding;
  /** Action → button. */
  readonly buttons: Readonly<Record<PadAction, number>>;
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
export const DEFAULT_PAD: PadBindings = {
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
};

const PREFIX = "handrail.bindings.";

export function loadKeys(storage: Storage): KeyBindings {
  return { ...DEFAULT_KEYS, ...readObject(storage, "keyboard") };
}

export function saveKeys(storage: Storage, bindings: KeyBindings): void {
  storage.setItem(`${PREFIX}keyboard`, JSON.stringify(bindings));
}

/** @param id `Gamepad.id` */
export function loadPad(storage: Storage, id: string): PadBindings {
  const stored = readObject(storage, id) as Partial<PadBindings>;
  return { ...DEFAULT_PAD, ...stored, buttons: { ...DEFAULT_PAD.buttons, ...stored.buttons } };
}

export function savePad(storage: Storage, id: string, bindings: PadBindings): void {
  storage.setItem(`${PREFIX}${id}`, JSON.stringify(bindings));
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
export function rebindButton(bindings: PadBindings, action: PadAction, button: number): PadBindings {
  const entries = Object.entries(bindings.buttons).map(([other, known]) => [
    other,
    other === action ? button : known === button ? bindings.buttons[action] : known,
  ]);
  return { ...bindings, buttons: Object.fromEntries(entries) as PadBindings["buttons"] };
}

function readObject(storage: Storage, device: string): object {
  try {
    const value: unknown = JSON.parse(storage.getItem(PREFIX + device) ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {}; // somebody else's entry; ours are written anew when they change
  }
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

/** What is printed on a pad's button in the standard mapping. */
export function buttonName(button: number): string {
  const names = ["A", "B", "X", "Y", "LB", "RB", "LT", "RT", "Back", "Start", "LS", "RS"];
  return names[button] ?? `#${button}`;
}
