import { expect, test } from "vitest";
import {
  buttonName,
  canBeBound,
  DEFAULT_KEYS,
  DEFAULT_PAD,
  keyName,
  rebindButton,
  rebindKey,
  UNASSIGNED_PAD,
} from "./bindings.ts";
import { loadKeys, loadPad, saveKeys, savePad } from "./stored_bindings.ts";

/** The used part of the browser's storage. */
function storage(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    clear: () => items.clear(),
    getItem: (key) => items.get(key) ?? null,
    key: (index) => [...items.keys()][index] ?? null,
    removeItem: (key) => items.delete(key),
    setItem: (key, value) => items.set(key, value),
  };
}

function device(id: string, mapping = "standard", axes = 4, buttons = 17) {
  return { id, mapping, axes: { length: axes }, buttons: { length: buttons } };
}

test("an empty storage gives the defaults", () => {
  expect(loadKeys(storage())).toEqual(DEFAULT_KEYS);
  expect(loadPad(storage(), device("any"))).toEqual(DEFAULT_PAD);
});

test("every gamepad has its own settings", () => {
  const kept = storage();
  const mine = { ...DEFAULT_PAD, deadZone: 0.25, x: { axis: 3, inverted: false } };
  savePad(kept, device("Pad A"), mine);
  expect(loadPad(kept, device("Pad A"))).toEqual(mine);
  expect(loadPad(kept, device("Pad B"))).toEqual(DEFAULT_PAD);
});

test("a key has one action: binding it removes it from the earlier one", () => {
  const bound = rebindKey(DEFAULT_KEYS, "x+", "KeyW");
  expect(bound["x+"]).toEqual(["KeyW"]);
  expect(bound["z+"]).toEqual(["ShiftRight"]);
  const kept = storage();
  saveKeys(kept, bound);
  expect(loadKeys(kept)).toEqual(bound);
});

test("a button has one action: two actions swap their buttons", () => {
  const { buttons } = rebindButton(DEFAULT_PAD, "intervene", DEFAULT_PAD.buttons.undo);
  expect([buttons.intervene, buttons.undo]).toEqual([DEFAULT_PAD.buttons.undo, DEFAULT_PAD.buttons.intervene]);
  expect(new Set(Object.values(buttons)).size).toBe(Object.keys(buttons).length);
});

test("invalid entries fall back to the defaults", () => {
  const kept = storage();
  for (const spoilt of [
    "{",
    "[]",
    "7",
    '{"x+": 3}',
    '{"x+": ["Space"]}',
    '{"success": ["Escape"]}',
    '{"jump": ["KeyJ"]}',
  ]) {
    kept.setItem("handrail.bindings.keyboard", spoilt);
    expect(loadKeys(kept), spoilt).toEqual(DEFAULT_KEYS);
  }
  for (const spoilt of ["{", '{"x": 1}', '{"buttons": {"stop": -1}}', '{"deadZone": "wide"}', '{"mapping": ""}']) {
    kept.setItem("handrail.bindings.Pad", spoilt);
    expect(loadPad(kept, device("Pad")), spoilt).toEqual(DEFAULT_PAD);
  }
});

test("keys have their printed names", () => {
  expect(["ArrowUp", "KeyW", "Enter", "Digit1"].map(keyName)).toEqual(["↑", "W", "↵", "1"]);
});

test("a gamepad of unknown layout starts without bindings, and has its own", () => {
  const kept = storage();
  const unknown = device("045e-028e-Xbox pad", "", 8, 11);
  expect(loadPad(kept, unknown)).toEqual(UNASSIGNED_PAD);
  savePad(kept, device("045e-028e-Xbox pad"), { ...DEFAULT_PAD, deadZone: 0.3 });
  expect(loadPad(kept, unknown)).toEqual(UNASSIGNED_PAD);
  const assigned = rebindButton(UNASSIGNED_PAD, "stop", 6);
  savePad(kept, unknown, assigned);
  expect(loadPad(kept, unknown)).toEqual(assigned);
  // Another driver numbers differently: the bindings do not apply to it.
  expect(loadPad(kept, device("045e-028e-Xbox pad", "", 6, 15))).toEqual(UNASSIGNED_PAD);
  expect(loadPad(kept, device("045e-028e-Xbox pad", "xr-standard", 6, 15))).toEqual(UNASSIGNED_PAD);
});

test("two actions without a button do not swap, and a button is removed from its earlier action", () => {
  const first = rebindButton(UNASSIGNED_PAD, "stop", 6);
  const second = rebindButton(first, "close", 6);
  expect([second.buttons.close, second.buttons.stop, second.buttons.open]).toEqual([6, null, null]);
  expect(rebindButton(second, "close", null).buttons.undo).toBeNull();
});

test("keys that stop, move the focus or belong to the system cannot be bound", () => {
  for (const code of ["Escape", "Space", "Tab", "ControlLeft", "AltRight", "MetaLeft", "CapsLock", ""]) {
    expect(canBeBound(code), code).toBe(false);
  }
  for (const code of ["ShiftLeft", "KeyQ", "Numpad8", "F2", "Period"]) expect(canBeBound(code), code).toBe(true);
});

test("buttons of unknown gamepads are named by number", () => {
  expect([buttonName(8), buttonName(8, ""), buttonName(null)]).toEqual(["Back", "#8", "–"]);
});
