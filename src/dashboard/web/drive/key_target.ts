/** Classifies the focused element for `keyboard.ts`. */
import type { KeyTarget } from "./keyboard.ts";

/** Inputs that accept a space. */
const TEXT_INPUTS: ReadonlySet<string> = new Set(["text", "search", "url", "tel", "email", "password"]);
const TOGGLES: ReadonlySet<string> = new Set(["radio", "checkbox"]);
const BUTTONS: ReadonlySet<string> = new Set(["button", "submit", "reset", "image", "file", "color"]);

const PRESSABLE = "button, a[href], summary, [role=button], [role=tab], [role=link], [role=menuitem]";
const CHOICES = "[role=radio], [role=checkbox], [role=switch], [role=option]";

export function keyTargetOf(event: Event): KeyTarget {
  const [target] = event.composedPath();
  return target instanceof Element ? kindOf(target) : "page";
}

/** Whether keys are typed into this element. */
export function takesTyping(element: Element | null): boolean {
  if (element === null) return false;
  const kind = kindOf(element);
  return kind === "text" || kind === "field";
}

export function isDialogOpen(): boolean {
  return document.querySelector("dialog[open], [role=dialog][aria-modal=true]") !== null;
}

/** Toggles a radio button or check box, or opens a list, in place of Space, which stops the robot. */
export function operate(event: Event): void {
  const [target] = event.composedPath();
  if (target instanceof HTMLSelectElement) target.showPicker?.();
  else if (target instanceof HTMLElement) target.click();
}

function kindOf(element: Element): KeyTarget {
  if (element instanceof HTMLInputElement) return kindOfInput(element);
  if (element instanceof HTMLTextAreaElement) return element.readOnly || element.disabled ? "field" : "text";
  if (element instanceof HTMLElement && element.isContentEditable) return "text";
  if (element instanceof HTMLSelectElement || element.closest(CHOICES) !== null) return "toggle";
  return element.closest(PRESSABLE) === null ? "page" : "button";
}

function kindOfInput({ type, readOnly, disabled }: HTMLInputElement): KeyTarget {
  if (type === "range") return "slider";
  if (TOGGLES.has(type)) return "toggle";
  if (BUTTONS.has(type)) return "button";
  return TEXT_INPUTS.has(type) && !readOnly && !disabled ? "text" : "field";
}
