/** Gamepads on the page, in Chromium with fake gamepads in the browser's API. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { PATIENT } from "../until.ts";
import { BarePage } from "./bare_page.ts";

const PADS = `
  globalThis.makePad = (index, id, mapping, axes, buttons) => ({
    index, id, mapping, axes, connected: true, timestamp: 1,
    buttons: Array.from({ length: buttons }, () => ({ pressed: false, touched: false, value: 0 })),
  });
  globalThis.pads = [];
  globalThis.readings = 0;
  navigator.getGamepads = () => { readings += 1; return pads; };
  globalThis.set = (pad, down, axes = pad.axes) => {
    pad.axes = axes;
    pad.buttons = pad.buttons.map((_, i) => ({ pressed: down.includes(i), touched: false, value: Number(down.includes(i)) }));
  };
`;
/** An Xbox pad as Firefox on Linux numbers it: axes LX LY LT RX RY RT DX DY, buttons A B X Y LB RB Back … */
const UNKNOWN = `${PADS} pads = [makePad(0, "045e-028e-Xbox pad", "", [0, 0, -1, 0, 0, -1, 0, 0], 11)];`;
const STANDARD = `${PADS} pads = [makePad(0, "Test Pad (STANDARD GAMEPAD)", "standard", [0, 0, 0, 0], 17)];`;
const [RB_UNKNOWN, BACK_UNKNOWN] = [5, 6];
const [RB, BACK, Y] = [5, 8, 3];

let bare: BarePage;
let page: Page;
beforeAll(async () => {
  bare = await BarePage.launch();
});
afterAll(() => bare?.close());
afterEach(() => expect(bare.complaints).toEqual([]));

const set = (down: readonly number[], axes?: readonly number[]) =>
  page.evaluate(`set(pads[0], ${JSON.stringify(down)}${axes ? `, ${JSON.stringify(axes)}` : ""})`);
/** Resolves when the page has read the gamepads several times and the run has received the inputs. */
async function aWhile(): Promise<void> {
  const readings = () => page.evaluate<number>("readings");
  const before = await readings();
  await expect.poll(readings, PATIENT).toBeGreaterThan(before + 3);
  const { inputs } = bare.run;
  await expect.poll(() => bare.run.inputs, PATIENT).toBeGreaterThan(inputs + 1);
}
const assign = (name: string) => page.getByRole("button", { name: `Assign ${name}`, exact: true }).click();

test("a gamepad of unknown layout does nothing until it is assigned, and the page says so", async () => {
  page = await bare.open(UNKNOWN);
  await bare.takeControl();
  await page.getByText(/Xbox pad does nothing yet, not even stop: .* Assign them under Customise/).waitFor();
  for (let button = 0; button < 11; button++) {
    await bare.neverSteers(() => set([RB_UNKNOWN, button], [1, -1, 1, -1, 1, -1, 1, -1]), aWhile);
    expect(bare.motion).toMatchObject({ steers: false, action: [0, 0, 0, 1] });
  }
  await set([], [0, 0, -1, 0, 0, -1, 0, 0]);
  await aWhile();
  expect([bare.stops, ...bare.labels]).toEqual([0]);

  await page.getByRole("button", { name: "Customise" }).click();
  await assign("stop");
  await page.getByText("Press the button for “stop”.").waitFor();
  await set([BACK_UNKNOWN]);
  await page.getByText("#6 is “stop”.").waitFor();
  await set([]);
  await assign("take over");
  await page.getByText("Press the button for “take over”.").waitFor();
  await set([RB_UNKNOWN]);
  await page.getByText("#5 is “take over”.").waitFor();
  await set([]);
  await assign("up – down");
  await page.getByText("Push the stick up").waitFor();
  await set([], [0, 0, -1, 0, 0, 1, 0, 0]); // the right trigger
  await page.getByText(/Axis 6 rests at -1.0.*trigger or a throttle/).waitFor();
  await set([], [0, 0, -1, 0, 0, -1, 0, 0]);
  await assign("forward – back");
  await page.getByText("Push the stick forward").waitFor();
  await set([], [0, 0, -1, 0, -1, -1, 0, 0]);
  await aWhile();
  await set([], [0, 0, -1, 0, 0, -1, 0, 0]);
  await page.getByText("Axis 5 moves forward – back.").waitFor();
  expect([bare.stops, ...bare.labels]).toEqual([0]);
  await page.getByRole("button", { name: "Done" }).click();

  await page.getByText("Xbox pad: hold #5 to steer.").waitFor();
  await aWhile(); // the stick is at rest
  await set([RB_UNKNOWN], [0, 0, -1, 0, -1, -1, 0, 0]);
  await bare.steers(1, 0, 0);
  await set([BACK_UNKNOWN]);
  await bare.isStoppedAgain();

  await set([], [0, 0, -1, 0, 0, -1, 0, 0]);
  await page.reload(); // the bindings are stored for this gamepad
  await page.getByText("Xbox pad: hold #5 to steer.").waitFor();
  await set([BACK_UNKNOWN]);
  await expect.poll(() => bare.stops, PATIENT).toBe(1);
});

test("buttons held when control is taken, and axes that were never at rest, move nothing", async () => {
  page = await bare.open(`${STANDARD} set(pads[0], [${RB}, ${Y}], [0, 0, 0, -1]);`); // stuck buttons, and a deflected stick
  await bare.takeControl();
  await aWhile();
  expect(bare.run.steeringInputs).toBe(0);
  expect(bare.labels).toEqual([]);
  await page.getByText(/Not centred, so ignored: up – down/).waitFor();
  await set([], [0, 0, 0, -1]);
  await aWhile();
  await set([RB], [0, -1, 0, -1]);
  await bare.steers(1, 0, 0);
  await set([RB, Y], [0, Number.NaN, 0, -1]);
  await expect.poll(() => bare.labels, PATIENT).toEqual(["success"]);
  await bare.steers(0, 0, 0);
});

test("a gamepad that is unplugged while steering releases its input, and does not steer when it is back", async () => {
  page = await bare.open(STANDARD);
  await bare.takeControl();
  await aWhile();
  await set([RB], [0, -1, 0, 0]);
  await bare.steers(1, 0, 0);
  await page.evaluate("globalThis.kept = pads; pads = [null, null, null, null]");
  await bare.isReleased();
  await page.getByText("The gamepad was disconnected: its input was released.").waitFor();
  await bare.neverSteers(() => page.evaluate("pads = kept"), aWhile);
});

test("two gamepads have their own bindings, and both stop", async () => {
  page = await bare.open(
    `${UNKNOWN} pads.push(makePad(1, "Test Pad (STANDARD GAMEPAD)", "standard", [0, 0, 0, 0], 17));`,
  );
  await bare.takeControl();
  await page.getByText("Test Pad: hold RB to steer.").waitFor(); // the one that can steer is active
  await bare.neverSteers(() => set([RB_UNKNOWN], [1, -1, 1, -1, 1, -1, 1, -1]), aWhile);
  await page.evaluate(`set(pads[1], [${RB}], [0, -1, 0, 0])`);
  await bare.steers(1, 0, 0);
  await page.evaluate(`set(pads[1], [${BACK}])`);
  await bare.isStoppedAgain();
});

test("bindings that change faster than the page renders are all stored", async () => {
  page = await bare.open(STANDARD);
  await bare.takeControl();
  await page.getByRole("button", { name: "Customise" }).click();
  const inverted = page.getByRole("checkbox", { name: "forward – back inverted" });
  await inverted.waitFor();
  await page.evaluate(`{
    document.querySelector('[aria-label="forward – back inverted"]').click();
    const takeOver = document.querySelector("#button-intervene");
    takeOver.value = "4";
    takeOver.dispatchEvent(new Event("change", { bubbles: true }));
  }`);
  await page.getByText("hold LB to steer").waitFor({ state: "attached" });
  expect(await inverted.isChecked()).toBe(false);
});

test("a dialog releases a gamepad's input, and its emergency stop still works", async () => {
  page = await bare.open(STANDARD);
  await bare.takeControl();
  await aWhile();
  await set([RB], [0, -1, 0, 0]);
  await bare.steers(1, 0, 0);
  await page.getByRole("button", { name: "Customise" }).click();
  await bare.isReleased();
  await set([RB, Y, BACK]);
  await expect.poll(() => bare.stops, PATIENT).toBe(1);
  expect(bare.labels).toEqual([]);
});

test.each([
  ["missing", "Object.defineProperty(Navigator.prototype, 'getGamepads', { value: undefined, configurable: true })"],
  [
    "refused",
    "navigator.getGamepads = () => { throw new DOMException('disallowed by permissions policy', 'SecurityError'); }",
  ],
])("gamepads that are %s cause no errors, and the page shows the reason", async (_, script) => {
  page = await bare.open(script);
  await bare.takeControl();
  await page.getByText(/Gamepads (need|are disabled)/).waitFor();
  await page.keyboard.down("ArrowUp");
  await bare.steers(1, 0, 0);
  await page.keyboard.up("ArrowUp");
  await bare.settle();
});
