/**
 * Decides what a key press does: stop, steer, operate the focused control, or nothing here. Pure. Stopping has precedence,
 * and a key with a meaning in the browser never reaches the robot.
 */
import type { KeyBindings } from "./bindings.ts";

/**
 * The focused element. "text": a field that accepts a space. "field": any other input field. "toggle": radio buttons,
 * check boxes and lists, which Space would change. "button": elements that Enter presses. "page": all others.
 */
export type KeyTarget = "text" | "field" | "toggle" | "button" | "slider" | "page";

/** The used part of a `KeyboardEvent`. */
export interface KeyPress {
  /** Position on the keyboard; "" if unknown, as on screen keyboards and remote desktops. */
  readonly code: string;
  /** The typed character or key name. */
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  getModifierState(modifier: "AltGraph"): boolean;
}

export interface KeySituation {
  readonly target: KeyTarget;
  /** Whether the run can be stopped. */
  readonly canStop: boolean;
  readonly inControl: boolean;
  /** A modal dialog has the keyboard. */
  readonly isDialogOpen: boolean;
  readonly bindings: KeyBindings;
}

/**
 * "stop": emergency stop. "robot": a bound key while in control. "ignored": a bound key while not in control. "press":
 * operate the focused control. "page": left to the browser.
 */
export type KeyMeaning = "stop" | "robot" | "ignored" | "press" | "page";

/** Position on the keyboard, guessed from the character if the browser does not report it. */
export function codeOf({ code, key }: Pick<KeyPress, "code" | "key">): string {
  if (code !== "" && code !== "Unidentified") return code;
  if (/^[a-z]$/i.test(key)) return `Key${key.toUpperCase()}`;
  if (/^[0-9]$/.test(key)) return `Digit${key}`;
  return key === " " ? "Space" : key;
}

/** By position or by meaning: Caps Lock remapped to Escape stops, too. */
export function isEscape({ code, key }: Pick<KeyPress, "code" | "key">): boolean {
  return code === "Escape" || key === "Escape" || key === "Esc";
}

export function isSpace(press: Pick<KeyPress, "code" | "key">): boolean {
  return codeOf(press) === "Space" || press.key === " ";
}

export function meaningOf(press: KeyPress, situation: KeySituation): KeyMeaning {
  const { target, canStop, inControl, isDialogOpen, bindings } = situation;
  if (canStop && (isEscape(press) || (isSpace(press) && target !== "text"))) return "stop";
  if (target === "text" || target === "field" || hasModifier(press)) return "page";
  const code = codeOf(press);
  if (code === "Enter" && canStop && target === "toggle") return "press";
  if (isDialogOpen || (code === "Enter" && target !== "page" && target !== "slider")) return "page";
  // Shift+Tab moves the focus back.
  if (code.startsWith("Shift") && target !== "page") return "page";
  if (!Object.values(bindings).some((codes) => codes.includes(code))) return "page";
  return inControl ? "robot" : "ignored";
}

/** Shift does not count: it steers. */
function hasModifier(press: KeyPress): boolean {
  return press.ctrlKey || press.altKey || press.metaKey || press.getModifierState("AltGraph");
}
