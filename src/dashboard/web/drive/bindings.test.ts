import { expect, test } from "vitest";
import {
  DEFAULT_KEYS,
  DEFAULT_PAD,
  keyName,
  loadKeys,
  loadPad,
  rebindButton,
  rebindKey,
  saveKeys,
  savePad,
} from "./bindings.ts";

/** The part of the browser's storage that is used. */
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

test("without anything stored the defaults hold", () => {
  expect(loadKeys(storage())).toEqual(DEFAULT_KEYS);
  expect(loadPad(storage(), "any")).toEqual(DEFAULT_PAD);
});

test("every pad keeps its own settings", () => {
  const kept = storage();
  const mine = { ...DEFAULT_PAD, deadZone: 0.25, x: { axis: 3, inverted: false } };
  savePad(kept, "Pad A", mine);
  expect(loadPad(kept, "Pad A")).toEqual(mine);
  expect(loadPad(kept, "Pad B")).toEqual(DEFAULT_PAD);
});

test("a key does one thing only: whatever had it before loses it", () => {
  const bound = rebindKey(DEFAULT_KEYS, "x+", "KeyW");
  expect(bound["x+"]).toEqual(["KeyW"]);
  expect(bound["z+"]).toEqual(["ShiftRight"]);
  const kept = storage();
  saveKeys(kept, bound);
  expect(loadKeys(kept)).toEqual(bound);
});

test("a button does one thing only: two actions swap theirs", () => {
  const { buttons } = rebindButton(DEFAULT_PAD, "intervene", DEFAULT_PAD.buttons.undo);
  expect([buttons.intervene, buttons.undo]).toEqual([DEFAULT_PAD.buttons.undo, DEFAULT_PAD.buttons.intervene]);
  expect(new Set(Object.values(buttons)).size).toBe(Object.keys(buttons).length);
});

test("spoilt entries fall back to the defaults", () => {
  const kept = storage();
  kept.setItem("handrail.bindings.keyboard", "{");
  expect(loadKeys(kept)).toEqual(DEFAULT_KEYS);
});

test("keys are named as they are printed", () => {
  expect(["ArrowUp", "KeyW", "Enter", "Digit1"].map(keyName)).toEqual(["↑", "W", "↵", "1"]);
});
