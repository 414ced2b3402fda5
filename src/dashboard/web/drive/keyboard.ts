/**
 * Whom a key press is meant for: the robot, the control with the focus, or the page. Pure. Stopping comes before
 * everything else, and a key that means something to the browser never reaches the robot.
 */
import type { KeyBindings } from "./bindings.ts";

/**
 * What has the focus. "text": a field in which a space can be typed. "field": any other field that keys fill in.
 * "toggle": radio buttons, check boxes and lists of choices, which Space would change. "button": whatever Enter presses.
 * "slider" and "page": all the rest.
 */
export type KeyTarget = "text" | "field" | "toggle" | "button" | "slider" | "page";

/** The part of a `KeyboardEvent` that counts. */
export interface KeyPress {
  /** Place on the keyboard; "" where it is unknown, as on screen keyboards and remote desktops. */
  readonly code: string;
  /** What the press would type. */
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  getModifierState(modifier: "AltGraph"): boolean;
}

export interface KeySituation {
  readonly target: KeyTarget;
  /** There is a robot to be stopped. */
  readonly canStop: boolean;
  readonly inControl: boolean;
  /** A modal dialog has the keyboard. */
  readonly isDialogOpen: boolean;
  readonly bindings: KeyBindings;
}

/**
 * "stop": the emergency stop. "robot": a bound key of whoever is in control. "unheard": a bound key of somebody who is
 * not. "press": operate the control with the focus. "page": what the browser makes of it.
 */
export type KeyMeaning = "stop" | "robot" | "unheard" | "press" | "page";

/** Place on the keyboard, guessed from what is typed where the browser does not say. */
export function codeOf({ code, key }: Pick<KeyPress, "code" | "key">): string {
  if (code !== "" && code !== "Unidentified") return code;
  if (/^[a-z]$/i.test(key)) return `Key${key.toUpperCase()}`;
  if (/^[0-9]$/.test(key)) return `Digit${key}`;
  return key === " " ? "Space" : key;
}

/** Both the place and the meaning count: Caps Lock that was made an Escape stops, too. */
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
  // Somebody who walks from control to control with the keyboard holds Shift to walk back.
  if (code.startsWith("Shift") && target !== "page") return "page";
  if (!Object.values(bindings).some((codes) => codes.includes(code))) return "page";
  return inControl ? "robot" : "unheard";
}

/** Shift is none: it steers. */
function hasModifier(press: KeyPress): boolean {
  return press.ctrlKey || press.altKey || press.metaKey || press.getModifierState("AltGraph");
}
