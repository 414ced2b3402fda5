/** What keys, pointers and fingers on the page do to the robot, and what they must not do, in a real Chromium. */
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

/** Puts a control with the focus on the page; it remembers a press. */
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

test("Space stops after a click on any control, and presses none", async () => {
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

test("Space and Escape stop with the focus on anything; a space is typed into text only", async () => {
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
  // Nothing of what was typed has reached the run.
  expect(bare.labels).toEqual([]);
});

test("steering goes on after a radio button or a slider was touched, and moves neither", async () => {
  await page.getByLabel("while held").click();
  await page.keyboard.down("ArrowUp");
  await bare.steers(1, 0, 0);
  expect(await page.getByLabel("while held").isChecked()).toBe(true);
  await page.keyboard.up("ArrowUp");
  await bare.isLetGo();

  await focusNew('<input type="range" min="0" max="10" value="5">');
  await page.locator("#tried input").click();
  const before = await page.locator("#tried input").inputValue();
  await page.keyboard.down("ArrowLeft");
  await bare.steers(0, 1, 0);
  await page.keyboard.up("ArrowLeft");
  await bare.isLetGo();
  expect(await page.locator("#tried input").inputValue()).toBe(before);
  // After a click Enter is a verdict, and not another click.
  await page.keyboard.press("Enter");
  await expect.poll(() => bare.labels, PATIENT).toEqual(["success"]);
});

test("with the keyboard alone every control can still be used", async () => {
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
  await bare.isLetGo();
  // Walks back, and does not push the arm down.
  await bare.staysHandsOff(() => page.keyboard.press("Shift+Tab"));
  expect(bare.labels).toEqual(["terminate"]);
});

test("with Control, Alt or the system's key nothing is marked, steered or undone", async () => {
  // Not those that the browser itself answers by leaving the page.
  const keys = ["Control+s", "Control+a", "Control+u", "Control+Enter", "Alt+r", "Meta+s", "Control+Backspace"];
  await bare.staysHandsOff(async () => {
    for (const key of keys) await page.keyboard.press(key);
    await page.evaluate(`for (const code of ["KeyR", "KeyT", "KeyW", "ArrowUp"])
      for (const modifier of ["ctrlKey", "altKey", "metaKey", "modifierAltGraph"])
        document.body.dispatchEvent(new KeyboardEvent("keydown", { code, key: "x", [modifier]: true, bubbles: true }))`);
  });
  expect(bare.labels).toEqual(["terminate"]);
});

test("a key that repeats is one press, and keys count by their place under other alphabets and Caps Lock", async () => {
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
    await bare.isLetGo();
  }
});

test.each([
  ["the window loses the focus", 'dispatchEvent(new Event("blur"))'],
  ["the tab is hidden", 'document.dispatchEvent(new Event("visibilitychange"))'],
  ["a dialog opens", '[...document.querySelectorAll("button")].find((b) => b.textContent === "Customise").click()'],
])("hands are off as soon as %s, and a key that is still down has to be pressed again", async (_, happens) => {
  await page.keyboard.down("ArrowUp");
  await bare.steers(1, 0, 0);
  await page.evaluate(happens);
  await bare.isLetGo();
  await bare.staysHandsOff(
    async () => {
      await page.keyboard.down("ArrowUp"); // as it repeats
      await page.keyboard.press("Escape");
    },
    () => bare.isStoppedAgain(),
  );
  await page.keyboard.up("ArrowUp");
  await page.keyboard.down("ArrowUp");
  await bare.steers(1, 0, 0);
  await page.keyboard.up("ArrowUp");
  await bare.isLetGo();
});

test("a dialog's own keys do not reach the robot, and Space stops in it", async () => {
  await page.getByRole("button", { name: "Customise" }).click();
  await page.getByRole("dialog").waitFor(); // a key pressed before it is there still steers
  await bare.staysHandsOff(
    async () => {
      for (const key of ["ArrowUp", "Backspace", "r", "Tab", "ArrowLeft", "Space"]) await page.keyboard.press(key);
    },
    () => expect.poll(() => bare.stops, PATIENT).toBe(1),
  );
  expect(bare.labels).toEqual([]);
  await page.getByRole("button", { name: "Done" }).click();
});

test("a key on the page is held by the finger that pressed it, and by nothing once it is gone", async () => {
  const key = page.locator(".key-x-plus");
  const box = (await key.boundingBox())!;
  await page.mouse.move(box.x + 5, box.y + 5);
  await bare.staysHandsOff(async () => {
    await page.mouse.down({ button: "right" });
    await page.mouse.up({ button: "right" });
  });
  await page.mouse.down();
  await bare.steers(1, 0, 0);
  await page.mouse.move(5, 5); // slides off, and still holds
  await page.mouse.up();
  await bare.isLetGo();
  await page.mouse.move(box.x + 5, box.y + 5);
  await page.mouse.down();
  await bare.steers(1, 0, 0);
  await page.evaluate('location.hash = "#/learning"'); // the key is no longer drawn
  await bare.isLetGo();
  await page.mouse.up();
});

test("verdicts are confirmed; keys without control, or on a stopped robot, are answered, too", async () => {
  for (const [key, answer] of [
    ["Enter", /marked as a success/],
    ["Backspace", /marked as a failure/],
    ["r", /discarded, to be recorded again/],
  ] as const) {
    await page.keyboard.press(key);
    await page.getByText(answer).waitFor();
  }
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Let the robot go on" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("The robot is stopped: nothing was marked.").waitFor();
  await page.getByRole("button", { name: "Let the robot go on" }).click();
  await page.getByRole("button", { name: "Release control" }).click();
  await page.getByRole("button", { name: "Take control", exact: true }).waitFor();
  await page.keyboard.press("ArrowUp");
  await page.getByText(/Nobody holds control, so this key does nothing/).waitFor();
  expect(bare.labels).toEqual(["success", "failure", "rerecord"]);
});

test("a page that is loaded again has its control back; one that is closed leaves it to others", async () => {
  await page.reload();
  await bare.holdsControl();
  await page.keyboard.down("ArrowUp");
  await bare.steers(1, 0, 0);
  await page.reload(); // with a hand on the robot: it holds, and can be released by the same person
  await bare.holdsControl();
  await page.getByRole("button", { name: "Let the robot go on" }).click();
  await expect.poll(() => bare.run.done.at(-1), PATIENT).toBe("release");
  await page.getByRole("button", { name: "Release control" }).click();
  await page.getByRole("button", { name: "Take control", exact: true }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Take control", exact: true }).waitFor();
});

test("a person has a name: it is set on the page, kept, and read by others", async () => {
  await page.getByLabel("Your name").fill("Ada Lovelace");
  await page.keyboard.press("Enter");
  const other = await PageSocket.open(bare.dashboard.port, "Bo");
  await other.until("control", ({ control }) => control.holder?.name === "Ada Lovelace");
  await page.keyboard.press("Backspace");
  await page.getByText("The episode marked as a failure by Ada Lovelace.").waitFor();
  await page.reload();
  expect(await page.getByLabel("Your name").inputValue()).toBe("Ada Lovelace");
  await other.close();
});

test("a page that made room for others says so, does not hurry back, and stops the robot all the same", async () => {
  await page.getByRole("button", { name: "Release" }).click();
  await expect.poll(() => page.getByTestId("control").textContent(), PATIENT).toContain("Nobody");
  const others = await Promise.all(
    Array.from({ length: 32 }, (_, i) => PageSocket.open(bare.dashboard.port, `other ${i}`)),
  );
  await page.getByText(/this one made room for another/).waitFor();
  await page.getByRole("button", { name: /^STOP/ }).click();
  await expect.poll(() => bare.stops, PATIENT).toBe(1);
  await page.getByRole("button", { name: /^STOP sent, not confirmed/ }).waitFor({ state: "detached" });
  // It has taken nobody's place.
  expect(others.filter(({ socket }) => socket.readyState !== socket.OPEN)).toEqual([]);
  await Promise.all(others.map((other) => other.close()));
});
