import { expect, test } from "vitest";
import { DEFAULT_KEYS } from "./bindings.ts";
import { codeOf, type KeyPress, type KeySituation, type KeyTarget, meaningOf } from "./keyboard.ts";

const KEYS: Readonly<Record<string, string>> = { Space: " ", Escape: "Escape", Enter: "Enter", ShiftLeft: "Shift" };

function press(code: string, changed: Partial<KeyPress> = {}): KeyPress {
  const key = KEYS[code] ?? code.replace("Key", "").toLowerCase();
  const modifiers = { ctrlKey: false, altKey: false, metaKey: false, getModifierState: () => false };
  return { code, key, ...modifiers, ...changed };
}

const DRIVING: KeySituation = {
  target: "page",
  canStop: true,
  inControl: true,
  isDialogOpen: false,
  bindings: DEFAULT_KEYS,
};
const on = (target: KeyTarget, changed: Partial<KeySituation> = {}) => ({ ...DRIVING, target, ...changed });
const TARGETS: readonly KeyTarget[] = ["text", "field", "toggle", "button", "slider", "page"];
const CONTROLS: readonly KeyTarget[] = ["toggle", "button", "slider"];

test("Escape stops with any focus, with or without control, and with any other key held", () => {
  for (const target of TARGETS) {
    for (const isDialogOpen of [false, true]) {
      for (const inControl of [false, true]) {
        expect(meaningOf(press("Escape"), on(target, { isDialogOpen, inControl }))).toBe("stop");
      }
    }
  }
  expect(meaningOf(press("Escape", { ctrlKey: true, altKey: true, metaKey: true }), DRIVING)).toBe("stop");
  expect(meaningOf(press("CapsLock", { key: "Escape" }), DRIVING)).toBe("stop");
});

test("Space stops except in fields that accept a space", () => {
  for (const target of TARGETS) {
    const wanted = target === "text" ? "page" : "stop";
    expect(meaningOf(press("Space"), on(target)), target).toBe(wanted);
    expect(meaningOf(press("Space"), on(target, { isDialogOpen: true, inControl: false })), target).toBe(wanted);
  }
});

test("without a robot to stop, both keys are left to the browser", () => {
  for (const code of ["Escape", "Space"]) {
    expect(meaningOf(press(code), on("button", { canStop: false, inControl: false }))).toBe("page");
  }
});

test("bound keys steer and label with the focus on any control except input fields", () => {
  for (const code of ["ArrowUp", "KeyW", "KeyA", "Backspace", "KeyR", "KeyI"]) {
    for (const target of [...CONTROLS, "page"] as const) {
      expect(meaningOf(press(code), on(target)), `${code} on ${target}`).toBe("robot");
      expect(meaningOf(press(code), on(target, { inControl: false })), `${code} on ${target}`).toBe("ignored");
    }
    for (const target of ["text", "field"] as const) expect(meaningOf(press(code), on(target))).toBe("page");
  }
});

test("with Control, Alt, AltGr or Meta held, no key reaches the robot", () => {
  for (const code of ["KeyR", "KeyS", "KeyA", "KeyT", "KeyU", "KeyW", "ArrowLeft", "Enter", "Backspace"]) {
    for (const modifier of ["ctrlKey", "altKey", "metaKey"] as const) {
      expect(meaningOf(press(code, { [modifier]: true }), DRIVING), `${modifier} ${code}`).toBe("page");
    }
    expect(meaningOf(press(code, { getModifierState: () => true }), DRIVING)).toBe("page");
  }
});

test("keys are bound by position: other alphabets, Caps Lock and Shift make no difference", () => {
  expect(meaningOf(press("KeyW", { key: "ц" }), DRIVING)).toBe("robot");
  expect(meaningOf(press("KeyW", { key: "W" }), DRIVING)).toBe("robot");
  expect(meaningOf(press("KeyW", { key: "Process" }), DRIVING)).toBe("robot");
  expect(meaningOf(press("KeyQ", { key: "a" }), DRIVING)).toBe("page"); // the A of a French keyboard
});

test("without a position, as from screen keyboards, the letter counts", () => {
  expect(["w", "W", " ", "Enter", "ArrowUp", "5"].map((key) => codeOf({ code: "", key }))).toEqual([
    ...["KeyW", "KeyW", "Space", "Enter", "ArrowUp", "Digit5"],
  ]);
  expect(meaningOf(press("", { key: " " }), DRIVING)).toBe("stop");
  expect(meaningOf(press("", { key: "Esc" }), DRIVING)).toBe("stop");
});

test("Enter presses the focused button, and operates controls in place of Space", () => {
  expect(meaningOf(press("Enter"), on("button"))).toBe("page");
  expect(meaningOf(press("Enter"), on("toggle"))).toBe("press");
  expect(meaningOf(press("Enter"), on("toggle", { isDialogOpen: true }))).toBe("press");
  expect(meaningOf(press("Enter"), on("page"))).toBe("robot");
});

test("an open dialog receives all keys except those that stop", () => {
  for (const code of ["ArrowUp", "KeyR", "Backspace"]) {
    expect(meaningOf(press(code), on("slider", { isDialogOpen: true }))).toBe("page");
  }
});

test("Shift steers, but not with the focus on a control", () => {
  expect(meaningOf(press("ShiftLeft"), on("page"))).toBe("robot");
  for (const target of CONTROLS) expect(meaningOf(press("ShiftLeft"), on(target))).toBe("page");
});
