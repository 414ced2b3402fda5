import { expect, test } from "vitest";
import { type PadSnapshot, PadSource } from "./pad_source.ts";

const pad: PadSnapshot = { id: "Pad", index: 2, connected: true, mapping: "standard", axes: [], buttons: [] };

test("on an insecure page without gamepads the browser is not asked, and the refusal names what is needed", () => {
  const source = new PadSource({}, false);
  expect(source.read()).toEqual([]);
  expect(source.refusal).toMatch(/need https or localhost/);
});

test("a browser that throws is asked only once", () => {
  let asked = 0;
  const getGamepads = () => {
    asked++;
    throw new DOMException("disallowed by permissions policy", "SecurityError");
  };
  const source = new PadSource({ getGamepads }, true);
  expect(source.refusal).toBeUndefined();
  for (let i = 0; i < 5; i++) expect(source.read()).toEqual([]);
  expect(asked).toBe(1);
  expect(source.refusal).toMatch(/are disabled for this page/);
});

test("empty entries and disconnected gamepads are skipped, in any kind of list", () => {
  const list = { length: 4, 0: null, 1: { ...pad, connected: false }, 2: pad, 3: undefined };
  expect(new PadSource({ getGamepads: () => list }, true).read()).toEqual([pad]);
});
