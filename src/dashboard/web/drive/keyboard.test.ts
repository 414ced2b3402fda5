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
  ...{ target: "page", canStop: true, inControl: true, isDialogOpen: false, bindings: DEFAULT_KEYS },
};
const on = (target: KeyTarget, changed: Partial<KeySituation> = {}) => ({ ...DRIVING, target, ...changed });
const TARGETS: readonly KeyTarget[] = ["text", "field", "toggle", "button", "slider", "page"];
const CONTROLS: readonly KeyTarget[] = ["toggle", "button", "slider"];

test("Escape stops whatever has the focus, whoever is in control, and whatever else is held", () => {
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

test("Space stops everywhere but where a space can be typed", () => {
  for (const target of TARGETS) {
    const wanted = target === "text" ? "page" : "stop";
    expect(meaningOf(press("Space"), on(target)), target).toBe(wanted);
    expect(meaningOf(press("Space"), on(target, { isDialogOpen: true, inControl: false })), target).toBe(wanted);
  }
});

test("where there is no robot to stop, both keys are the browser's", () => {
  for (const code of ["Escape", "Space"]) {
    expect(meaningOf(press(code), on("button", { canStop: false, inControl: false }))).toBe("page");
  }
});

test("bound keys steer and label with the focus on any control that is not typed into", () => {
  for (const code of ["ArrowUp", "KeyW", "KeyA", "Backspace", "KeyR", "KeyI"]) {
    for (const target of [...CONTROLS, "page"] as const) {
      expect(meaningOf(press(code), on(target)), `${code} on ${target}`).toBe("robot");
      expect(meaningOf(press(code), on(target, { inControl: false })), `${code} on ${target}`).toBe("unheard");
    }
    for (const target of ["text", "field"] as const) expect(meaningOf(press(code), on(target))).toBe("page");
  }
});

test("with Control, Alt, AltGr or the system's key held nothing reaches the robot", () => {
  for (const code of ["KeyR", "KeyS", "KeyA", "KeyT", "KeyU", "KeyW", "ArrowLeft", "Enter", "Backspace"]) {
    for (const modifier of ["ctrlKey", "altKey", "metaKey"] as const) {
      expect(meaningOf(press(code, { [modifier]: true }), DRIVING), `${modifier} ${code}`).toBe("page");
    }
    expect(meaningOf(press(code, { getModifierState: () => true }), DRIVING)).toBe("page");
  }
});

test("keys count by their place: other alphabets, Caps Lock and Shift change nothing", () => {
  expect(meaningOf(press("KeyW", { key: "ц" }), DRIVING)).toBe("robot");
  expect(meaningOf(press("KeyW", { key: "W" }), DRIVING)).toBe("robot");
  expect(meaningOf(press("KeyW", { key: "Process" }), DRIVING)).toBe("robot");
  expect(meaningOf(press("KeyQ", { key: "a" }), DRIVING)).toBe("page"); // where A is printed on a French keyboard
});

test("without a place, as from screen keyboards, the letter counts", () => {
  expect(["w", "W", " ", "Enter", "ArrowUp", "5"].map((key) => codeOf({ code: "", key }))).toEqual([
    ...["KeyW", "KeyW", "Space", "Enter", "ArrowUp", "Digit5"],
  ]);
  expect(meaningOf(press("", { key: " " }), DRIVING)).toBe("stop");
  expect(meaningOf(press("", { key: "Esc" }), DRIVING)).toBe("stop");
});

test("Enter presses the button that has the focus, and operates what Space would", () => {
  expect(meaningOf(press("Enter"), on("button"))).toBe("page");
  expect(meaningOf(press("Enter"), on("toggle"))).toBe("press");
  expect(meaningOf(press("Enter"), on("toggle", { isDialogOpen: true }))).toBe("press");
  expect(meaningOf(press("Enter"), on("page"))).toBe("robot");
});

test("a dialog has the keyboard for itself, but for stopping", () => {
  for (const code of ["ArrowUp", "KeyR", "Backspace"]) {
    expect(meaningOf(press(code), on("slider", { isDialogOpen: true }))).toBe("page");
  }
});

test("Shift steers, but not while somebody walks from control to control", () => {
  expect(meaningOf(press("ShiftLeft"), on("page"))).toBe("robot");
  for (const target of CONTROLS) expect(meaningOf(press("ShiftLeft"), on(target))).toBe("page");
});
