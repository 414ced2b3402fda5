import { expect, test } from "vitest";
import { DEFAULT_PAD, type PadBindings, rebindButton, UNASSIGNED_PAD } from "./bindings.ts";
import { PadManager } from "./pad_manager.ts";
import type { PadSnapshot } from "./pad_source.ts";

const { intervene, stop, success } = DEFAULT_PAD.buttons;

interface PadChange {
  readonly down?: readonly number[];
  readonly axes?: readonly number[];
  readonly index?: number;
  readonly id?: string;
  readonly mapping?: string;
}

function pad({
  down = [],
  axes = [0, 0, 0, 0],
  index = 0,
  id = "Pad",
  mapping = "standard",
}: PadChange = {}): PadSnapshot {
  const buttons = Array.from({ length: 17 }, (_, i) => ({ pressed: down.includes(i), value: 0 }));
  return { index, id, mapping, connected: true, axes, buttons };
}

/** An Xbox pad in Firefox on Linux: axes LX LY LT RX RY RT DX DY, eleven buttons in another order. */
function unknownPad(down: readonly number[] = [], axes: readonly number[] = [0, 0, -1, 0, 0, -1, 0, 0]): PadSnapshot {
  return { ...pad({ down, axes, mapping: "", id: "045e-028e-Xbox pad" }), buttons: pad({ down }).buttons.slice(0, 11) };
}

class Time {
  ms = 0;
  readonly desk: PadManager;
  constructor(bindings: Readonly<Record<string, PadBindings>> = {}) {
    this.desk = new PadManager(
      ({ id, mapping }) => bindings[id] ?? (mapping === "standard" ? DEFAULT_PAD : UNASSIGNED_PAD),
    );
  }
  read(...pads: PadSnapshot[]) {
    this.ms += 10;
    return this.desk.read(pads, this.ms);
  }
  /** Repeats a reading. */
  hold(...pads: PadSnapshot[]) {
    for (let i = 0; i < 20; i++) this.read(...pads);
    return this.read(...pads);
  }
}

const STILL = [0, 0, 0].map(() => expect.closeTo(0, 9));

test("a gamepad of unknown layout does nothing, whatever is pressed", () => {
  const time = new Time();
  time.hold(unknownPad());
  for (let button = 0; button < 11; button++) {
    for (const axes of [undefined, [1, -1, 1, -1, 1, -1, 1, -1]]) {
      const { input, pressed } = time.hold(unknownPad([button, 5], axes));
      expect(input).toMatchObject({ engaged: false, gripper: "stay", motion: STILL });
      expect(pressed).toEqual([]);
      time.hold(unknownPad());
    }
  }
});

test("an unknown gamepad does exactly what was assigned on the page: Back stops and does not close the gripper", () => {
  const BACK = 6;
  const assigned = rebindButton(UNASSIGNED_PAD, "stop", BACK);
  const time = new Time({ "045e-028e-Xbox pad": assigned });
  time.hold(unknownPad());
  const { input, pressed } = time.read(unknownPad([BACK]));
  expect(pressed).toEqual(["stop"]);
  expect(input.gripper).toBe("stay");
});

test("the emergency stop counts from the first reading: browsers report a gamepad with its first press", () => {
  expect(new Time().read(pad({ down: [stop] })).pressed).toEqual(["stop"]);
});

test("a button that is down when the gamepad connects or control is taken counts only after its release", () => {
  const time = new Time();
  expect(time.hold(pad({ down: [intervene, success], axes: [0, 0, 0, 0] })).input.engaged).toBe(false);
  time.read(pad());
  const { input, pressed } = time.read(pad({ down: [intervene, success] }));
  expect([input.engaged, ...pressed]).toEqual([true, "intervene", "success"]);
  time.desk.disarm();
  expect(time.hold(pad({ down: [intervene, success] }))).toMatchObject({ input: { engaged: false }, pressed: [] });
  time.read(pad());
  expect(time.read(pad({ down: [intervene] })).input.engaged).toBe(true);
});

test("a held stop button is one stop, even if input is released in between", () => {
  const time = new Time();
  const stops = Array.from({ length: 5 }, () => {
    const { pressed } = time.read(pad({ down: [stop] }));
    time.desk.disarm();
    return pressed.length;
  });
  expect(stops).toEqual([1, 0, 0, 0, 0]);
  time.read(pad());
  expect(time.read(pad({ down: [stop] })).pressed).toEqual(["stop"]);
});

test.each([
  ["a throttle that rests at -1", -1],
  ["a stick that drifts beyond its dead zone", 0.2],
  ["an axis that is not a number", Number.NaN],
  ["a hat that rests beyond any stick's reach", 3.2857],
])("%s moves nothing, and the page can say so", (_, rest) => {
  const time = new Time();
  time.hold(pad({ axes: [0, 0, 0, rest] }));
  expect(time.hold(pad({ down: [intervene], axes: [0, 0, 0, rest] })).input).toMatchObject({
    engaged: true,
    motion: STILL,
  });
  expect(time.desk.monitor?.restless).toEqual(["z"]);
});

test("an axis that passes its centre is not at rest there", () => {
  const time = new Time();
  time.hold(pad({ axes: [0, 0, 0, -1] }));
  for (const z of [-0.6, -0.05, 0.05, 0.6]) time.read(pad({ axes: [0, 0, 0, z] }));
  expect(time.hold(pad({ down: [intervene], axes: [0, 0, 0, 1] })).input.motion).toEqual(STILL);
});

test("axes that are missing, or disappear while steering, move nothing", () => {
  const time = new Time();
  time.hold(pad());
  expect(time.read(pad({ down: [intervene], axes: [0, -1, 0, 0] })).input.motion[0]).toBe(1);
  for (const axes of [[0], [], [0, Number.NaN, 0, 0], [0, Number.POSITIVE_INFINITY, 0, 0]]) {
    expect(time.read(pad({ down: [intervene], axes })).input.motion).toEqual(STILL);
  }
});

test("a gamepad that disconnects while steering releases its input", () => {
  const time = new Time();
  time.hold(pad());
  time.read(pad({ down: [intervene], axes: [0, -1, 0, 0] }));
  const { input, lostWhileSteering } = time.read();
  expect(lostWhileSteering).toBe(true);
  expect(input).toMatchObject({ engaged: false, motion: [0, 0, 0] });
  expect(time.read().lostWhileSteering).toBe(false);
  expect(time.hold(pad({ down: [intervene], axes: [0, -1, 0, 0] })).input.engaged, "it comes back").toBe(false);
});

test("a gamepad that is replaced at the same index starts anew", () => {
  const time = new Time();
  time.hold(pad());
  time.read(pad({ down: [intervene], axes: [0, -1, 0, 0] }));
  const reading = time.read(pad({ down: [intervene], axes: [0, -1, 0, 0], mapping: "" }));
  expect(reading).toMatchObject({ lostWhileSteering: true, input: { engaged: false } });
});

test("each of two gamepads stops, the one used last steers, and a steering one is not replaced", () => {
  const time = new Time();
  const other = (change: PadChange = {}) => pad({ ...change, index: 1, id: "Other" });
  time.hold(pad(), other());
  expect(time.read(pad(), other({ down: [stop] })).pressed).toEqual(["stop"]);
  time.read(pad(), other());
  time.read(pad({ down: [intervene], axes: [0, -1, 0, 0] }), other());
  const { input, pressed } = time.read(
    pad({ down: [intervene], axes: [0, -1, 0, 0] }),
    other({ down: [intervene, success], axes: [0, 1, 0, 0] }),
  );
  expect([input.motion[0], ...pressed]).toEqual([1]);
  time.read(pad(), other());
  expect(time.read(pad(), other({ down: [intervene], axes: [0, 1, 0, 0] })).input.motion[0]).toBe(-1);
  expect(time.desk.pad?.id).toBe("Other");
});

test("changed bindings take effect after buttons and axes were at rest", () => {
  const time = new Time();
  time.hold(pad());
  time.desk.rebind(rebindButton(DEFAULT_PAD, "intervene", 0));
  expect(time.hold(pad({ down: [0], axes: [0, -1, 0, 0] })).input).toMatchObject({ engaged: false, motion: STILL });
  time.hold(pad());
  expect(time.read(pad({ down: [0], axes: [0, -1, 0, 0] })).input).toMatchObject({ engaged: true, motion: [1, 0, 0] });
});
