/** Effects of keys, mouse and touch on the robot, in Chromium. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { PATIENT } from "../until.ts";
import { BarePage } from "./bare_page.ts";
import { PageSocket } from "./page_socket.ts";

let bare: BarePage;
let page: Page;
beforeAll(async () => {
  bare = await BarePage.launch();
});
afterAll(() => bare?.close());
beforeEach(async () => {
  page = await bare.open();
  await bare.takeControl();
});
afterEach(() => expect(bare.complaints).toEqual([]));

/** Adds a focused control to the page that records a click. */
async function focusNew(html: string): Promise<void> {
  await page.evaluate(`
    document.querySelector("#tried")?.remove();
    document.body.insertAdjacentHTML("beforeend", '<div id="tried">${html}</div>');
    Object.assign(document.querySelector("#tried").style, { position: "fixed", bottom: 0 });
    const control = document.querySelector("#tried").firstElementChild;
    control.addEventListener("click", () => { control.dataset.pressed = 1; });
    control.focus();
  `);
}

test("Space stops after a click on any control, and activates none", async () => {
  for (const name of ["while held", "until handed back"]) {
    await page.getByLabel(name).click();
    await page.keyboard.press("Space");
    await bare.isStoppedAgain();
    expect(await page.getByLabel(name).isChecked()).toBe(true);
  }
  for (const view of ["Run", "Learning", "Live"]) {
    await page.getByRole("link", { name: view, exact: true }).click();
    await page.keyboard.press("Space");
    await bare.isStoppedAgain();
  }
  await page.getByRole("button", { name: /^Switch to/ }).click();
  const theme = () => page.evaluate("document.documentElement.dataset.theme ?? ''");
  const chosen = await theme();
  await page.keyboard.press("Space");
  await bare.isStoppedAgain();
  expect(await theme()).toBe(chosen);
});

test("Space and Escape stop with any focus; a space is typed only into text fields", async () => {
  for (const html of [
    "<button>b</button>",
    '<input type="checkbox">',
    '<input type="radio">',
    '<input type="range">',
    '<input type="number">',
    '<input type="text" readonly>',
    "<select><option>1<option>2</select>",
    '<a href="#/live">a</a>',
    "<details><summary>s</summary></details>",
    '<div role="tab" tabindex="0">t</div>',
  ]) {
    await focusNew(html);
    await page.keyboard.press("Space");
    await bare.isStoppedAgain();
    expect(
      await page.evaluate("document.querySelector('#tried').firstElementChild.dataset.pressed"),
      html,
    ).toBeUndefined();
  }
  for (const html of ["<input>", "<textarea></textarea>", '<div contenteditable="true"></div>']) {
    await focusNew(html);
    await page.keyboard.type("a b");
    const typed =
      "(({ value, textContent }) => value ?? textContent)(document.querySelector('#tried').firstElementChild)";
    expect((await page.evaluate<string>(typed)).replace("\u00a0", " "), html).toBe("a b");
    await page.keyboard.press("Escape");
    await bare.isStoppedAgain();
  }
  // Typed keys have not reached the run.
  expect(bare.labels).toEqual([]);
});

test("keys steer after a click on a radio button or a slider, and change neither", async () => {
  await page.getByLabel("while held").click();
  await page.keyboard.down("ArrowUp");
  await bare.steers(1, 0, 0);
  expect(await page.getByLabel("while held").isChecked()).toBe(true);
  await page.keyboard.up("ArrowUp");
  await bare.isReleased();

  await focusNew('<input type="range" min="0" max="10" value="5">');
  await page.locator("#tried input").click();
  const before = await page.locator("#tried input").inputValue();
  await page.keyboard.down("ArrowLeft");
  await bare.steers(0, 1, 0);
  await page.keyboard.up("ArrowLeft");
  await bare.isReleased();
  expect(await page.locator("#tried input").inputValue()).toBe(before);
  // After a click Enter labels the episode and does not click again.
  await page.keyboard.press("Enter");
  await expect.poll(() => bare.labels, PATIENT).toEqual(["success"]);
});

test("every control can be used with the keyboard alone", async () => {
  await page.getByLabel("until handed back").focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.getByLabel("until handed back").isChecked(), PATIENT).toBe(true);
  await page.getByRole("button", { name: /^Take over/ }).waitFor();
  await page.getByLabel("until handed back").focus();
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.textContent")).toContain("Take over");
  await page.keyboard.press("Enter");
  await bare.steers(0, 0, 0);
  await page.keyboard.press("Enter");
  await bare.isReleased();
  // Moves the focus back without moving the arm down.
  await bare.neverSteers(() => page.keyboard.press("Shift+Tab"));
  expect(bare.labels).toEqual(["terminate"]);
});

test("with Control, Alt or Meta held, keys do not label, steer or undo", async () => {
  // Without shortcuts that leave the page.
  const keys = ["Control+s", "Control+a", "Control+u", "Control+Enter", "Alt+r", "Meta+s", "Control+Backspace"];
  await bare.neverSteers(async () => {
    for (const key of keys) await page.keyboard.press(key);
    await page.evaluate(`for (const code of ["KeyR", "KeyT", "KeyW", "ArrowUp"])
      for (const modifier of ["ctrlKey", "altKey", "metaKey", "modifierAltGraph"])
        document.body.dispatchEvent(new KeyboardEvent("keydown", { code, key: "x", [modifier]: true, bubbles: true }))`);
  });
  expect(bare.labels).toEqual(["terminate"]);
});

test("a repeating key is one press, and keys are bound by position under other alphabets and Caps Lock", async () => {
  await page.keyboard.down("Enter");
  await page.keyboard.down("Enter");
  await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  await bare.settle();
  expect(bare.labels).toEqual(["success", "terminate"]);
  const dispatch = (type: string, key: string) =>
    page.evaluate(
      `document.body.dispatchEvent(new KeyboardEvent("${type}", { code: "KeyW", key: "${key}", bubbles: true }))`,
    );
  for (const key of ["ц", "W", "Process"]) {
    await dispatch("keydown", key);
    await bare.steers(0, 0, 1);
    await dispatch("keyup", key);
    await bare.isReleased();
  }
});

test.each([
  ["the window loses the focus", 'dispatchEvent(new Event("blur"))'],
  ["the tab is hidden", 'document.dispatchEvent(new Event("visibilitychange"))'],
  ["a dialog opens", '[...document.querySelectorAll("button")].find((b) => b.textContent === "Customise").click()'],
])("input is released when %s, and a key that is still down has to be pressed again", async (_, happens) => {
  await page.keyboard.down("ArrowUp");
  await bare.steers(1, 0, 0);
  await page.evaluate(happens);
  await bare.isReleased();
  await bare.neverSteers(
    async () => {
      await page.keyboard.down("ArrowUp"); // a repeat
      await page.keyboard.press("Escape");
    },
    () => bare.isStoppedAgain(),
  );
  await page.keyboard.up("ArrowUp");
  await page.keyboard.down("ArrowUp");
  await bare.steers(1, 0, 0);
  await page.keyboard.up("ArrowUp");
  await bare.isReleased();
});

test("a dialog's own keys do not reach the robot, and Space stops in it", async () => {
  await page.getByRole("button", { name: "Customise" }).click();
  await page.getByRole("dialog").waitFor(); // until it is open, keys steer
  await bare.neverSteers(
    async () => {
      for (const key of ["ArrowUp", "Backspace", "r", "Tab", "ArrowLeft", "Space"]) await page.keyboard.press(key);
    },
    () => expect.poll(() => bare.stops, PATIENT).toBe(1),
  );
  expect(bare.labels).toEqual([]);
  await page.getByRole("button", { name: "Done" }).click();
});

test("a key on the page is held by the pointer that pressed it, and released when the key is unmounted", async () => {
  const key = page.locator(".key-x-plus");
  const box = (await key.boundingBox())!;
  await page.mouse.move(box.x + 5, box.y + 5);
  await bare.neverSteers(async () => {
    await page.mouse.down({ button: "right" });
    await page.mouse.up({ button: "right" });
  });
  await page.mouse.down();
  await bare.steers(1, 0, 0);
  await page.mouse.move(5, 5); // still held outside the key
  await page.mouse.up();
  await bare.isReleased();
  await page.mouse.move(box.x + 5, box.y + 5);
  await page.mouse.down();
  await bare.steers(1, 0, 0);
  await page.evaluate('location.hash = "#/learning"'); // unmounts the key
  await bare.isReleased();
  await page.mouse.up();
});

test("labels are confirmed; keys without control or on a stopped robot show a notice", async () => {
  for (const [key, answer] of [
    ["Enter", /labelled a success/],
    ["Backspace", /labelled a failure/],
    ["r", /discarded for re-recording/],
  ] as const) {
    await page.keyboard.press(key);
    await page.getByText(answer).waitFor();
  }
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Release the stop" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("The robot is stopped: the episode was not labelled.").waitFor();
  await page.getByRole("button", { name: "Release the stop" }).click();
  await page.getByRole("button", { name: "Release control" }).click();
  await page.getByRole("button", { name: "Take control", exact: true }).waitFor();
  await page.keyboard.press("ArrowUp");
  await page.getByText(/No one is in control, so this key has no effect/).waitFor();
  expect(bare.labels).toEqual(["success", "failure", "rerecord"]);
});

test("a reloaded page takes its control back, unless it was released before", async () => {
  await page.reload();
  await bare.holdsControl();
  await page.keyboard.down("ArrowUp");
  await bare.steers(1, 0, 0);
  await page.reload(); // while steering: the robot holds, and the same person can release the stop
  await bare.holdsControl();
  await page.getByRole("button", { name: "Release the stop" }).click();
  await expect.poll(() => bare.run.done.at(-1), PATIENT).toBe("release");
  await page.getByRole("button", { name: "Release control" }).click();
  await page.getByRole("button", { name: "Take control", exact: true }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Take control", exact: true }).waitFor();
});

test("the user's name is set on the page, stored, and shown on other pages", async () => {
  await page.getByLabel("Your name").fill("Ada Lovelace");
  await page.keyboard.press("Enter");
  const other = await PageSocket.open(bare.dashboard.port, "Bo");
  await other.until("control", ({ control }) => control.holder?.name === "Ada Lovelace");
  await page.keyboard.press("Backspace");
  await page.getByText("The episode was labelled a failure by Ada Lovelace.").waitFor();
  await page.reload();
  expect(await page.getByLabel("Your name").inputValue()).toBe("Ada Lovelace");
  await other.close();
});

test("an evicted page shows the reason, reconnects late, and can still stop the robot", async () => {
  await page.getByRole("button", { name: "Release control" }).click();
  await expect.poll(() => page.getByTestId("control").textContent(), PATIENT).toContain("No one is in control");
  const others = await Promise.all(
    Array.from({ length: 32 }, (_, i) => PageSocket.open(bare.dashboard.port, `other ${i}`)),
  );
  await page.getByText(/this one was replaced by another/).waitFor();
  await page.getByRole("button", { name: /^STOP/ }).click();
  await expect.poll(() => bare.stops, PATIENT).toBe(1);
  await page.getByRole("button", { name: /^STOP sent, not confirmed/ }).waitFor({ state: "detached" });
  // It has not evicted another page.
  expect(others.filter(({ socket }) => socket.readyState !== socket.OPEN)).toEqual([]);
  await Promise.all(others.map((other) => other.close()));
});
