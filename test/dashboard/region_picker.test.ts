/** Selecting regions of interest in a browser, from the command to the cropped dataset. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startRegionPicker } from "../../src/dashboard/server/region_picker/start_region_picker.ts";
import { Dataset } from "../../src/datasets/dataset.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { HANDRAIL } from "../build.ts";
import { temporaryFolder } from "../datasets/support.ts";
import { complaintsOf, openBrowser } from "./browser.ts";

/** Recorded by LeRobot: 11 frames of 64 × 64. */
const SOURCE = join(import.meta.dirname, "../data/lerobot_datasets/image");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FRONT = "observation.images.front";

let browser: Awaited<ReturnType<typeof openBrowser>>;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

/** Starts `handrail crop … --pick` and waits for its address. */
async function startCrop(...args: string[]) {
  const child = spawn(process.execPath, [HANDRAIL, "crop", ...args, "--pick"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit").then(([code]) => code as number | null);
  let output = "";
  child.stdout.on("data", (data) => {
    output += data;
  });
  for await (const line of createInterface(child.stderr)) {
    const [, url] = /^open (http\S+)/.exec(line) ?? [];
    if (url) return { url, finished: exited.then((code) => ({ code, output })) };
  }
  throw new Error("the command ended without an address");
}

async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  onTestFinished(() => page.close());
  await page.goto(url);
  await page.locator("#position", { hasText: "frame 1 of" }).waitFor();
  return page;
}

/** Drags over the front camera, in image pixels. */
async function drag(page: Page, from: readonly [x: number, y: number], to: readonly [x: number, y: number]) {
  const box = (await page.locator(".stage").first().boundingBox())!;
  const at = ([x, y]: readonly [number, number]) =>
    [box.x + (x / 64) * box.width, box.y + (y / 64) * box.height] as const;
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 4 });
  await page.mouse.up();
}

/** Top, left, height and width in the front camera's fields. */
const numbers = (page: Page): Promise<number[]> =>
  page.evaluate("[...document.querySelector('.camera').querySelectorAll('input')].map(({ value }) => Number(value))");

test("regions that are drawn, dragged, resized and moved by key crop the dataset", async () => {
  const target = join(await temporaryFolder(), "cropped");
  const { url, finished } = await startCrop(SOURCE, target, "--resize", "32,32");
  const page = await openPage(url);
  const complaints = complaintsOf(page);

  await drag(page, [8, 16], [40, 48]);
  expect(await numbers(page)).toEqual([16, 8, 32, 32]);
  await drag(page, [24, 32], [28, 30]);
  expect(await numbers(page)).toEqual([14, 12, 32, 32]);
  await drag(page, [44, 46], [52, 50]);
  expect(await numbers(page)).toEqual([14, 12, 36, 40]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Shift+ArrowLeft");
  expect(await numbers(page)).toEqual([15, 12, 36, 39]);
  await page.getByLabel("width of front in pixels").fill("36");
  await page.getByLabel("width of front in pixels").press("Tab");
  expect(await numbers(page)).toEqual([15, 12, 36, 36]);

  const before = await page.locator(".stage img").first().getAttribute("src");
  await page.getByRole("button", { name: "Next frame" }).click();
  expect(await page.locator("#position").textContent()).toMatch(/^frame 2 of \d+, episode 0$/);
  expect(await page.locator(".stage img").first().getAttribute("src")).not.toBe(before);

  await page.getByRole("button", { name: "Crop the dataset" }).click();
  await page.getByText("You can close this page").waitFor();
  const { code, output } = await finished;
  expect(code).toBe(0);
  const printed = { crop_params_dict: { [FRONT]: [15, 12, 36, 36] }, resize_size: [32, 32] };
  expect(JSON.parse(output)).toEqual(printed);
  expect(JSON.parse((await page.locator("#config").textContent())!)).toEqual(printed);
  expect(complaints).toEqual([]);

  expect((await validateDataset(target)).problems).toEqual([]);
  const dataset = await Dataset.open(target);
  expect(dataset.imageSize(FRONT)).toEqual({ height: 32, width: 32, channels: 3 });
  await dataset.close();
});

async function startPicker(apply: () => Promise<void> = async () => {}) {
  const dataset = await Dataset.open(SOURCE);
  const initial = { crops: { [FRONT]: [10, 20, 30, 40] as [number, number, number, number] }, resize: null };
  const picker = await startRegionPicker({ dataset, initial, target: undefined, apply, port: 0 });
  onTestFinished(async () => {
    await picker.close();
    await dataset.close();
  });
  return picker;
}

test("an error is shown, and a second attempt is possible", async () => {
  const failures = [new Error("the disk is full")];
  const picker = await startPicker(async () => {
    for (const failure of failures.splice(0)) throw failure;
  });
  const page = await openPage(picker.url);
  expect(await numbers(page)).toEqual([10, 20, 30, 40]);
  await page.getByRole("button", { name: "Use these regions" }).click();
  await page.getByText("the disk is full").waitFor();
  await page.getByRole("button", { name: "Use these regions" }).click();
  expect(await picker.picked).toEqual({ crops: { [FRONT]: [10, 20, 30, 40] }, resize: null });
});

test("a region stays inside the image, whatever is typed or pressed", async () => {
  const page = await openPage((await startPicker()).url);
  for (const [side, value, expected] of [
    ["top", "60", [34, 20, 30, 40]],
    ["height", "999", [0, 20, 64, 40]],
    ["left", "-5", [0, 0, 64, 40]],
    ["width", "0", [0, 0, 64, 1]],
  ] as const) {
    await page.getByLabel(`${side} of front in pixels`).fill(value);
    await page.getByLabel(`${side} of front in pixels`).press("Tab");
    expect(await numbers(page)).toEqual(expected);
  }
  await page.getByRole("button", { name: /^Region of front/ }).focus();
  for (const key of ["ArrowLeft", "ArrowUp", "Shift+ArrowLeft", "Shift+ArrowDown"]) await page.keyboard.press(key);
  expect(await numbers(page)).toEqual([0, 0, 64, 1]);
  await page.keyboard.press("Home");
  expect(await numbers(page)).toEqual([0, 0, 64, 64]);
});

test.each(["light", "dark"] as const)("the page passes axe's rules of accessibility, %s", async (colorScheme) => {
  // The content security policy forbids axe as a foreign script.
  const page = await openPage((await startPicker()).url, { colorScheme, bypassCSP: true });
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate("axe.run()")) as { violations: { id: string; help: string }[] };
  expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
});

test("requests without the token, from another origin or with another host are refused", async () => {
  const { url } = await startPicker();
  const { port, pathname, host } = new URL(url);
  const status = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers: { host, ...headers } }).end();
    const [response] = await once(sent, "response");
    response.resume();
    return response.statusCode;
  };
  expect(await status(`${pathname}state`)).toBe(200);
  expect(await status("/state")).toBe(401);
  expect(await status(`${pathname.slice(0, -2)}x/state`)).toBe(401);
  expect(await status(`${pathname}state`, { origin: "http://evil.example" })).toBe(403);
  expect(await status(`${pathname}state`, { host: "evil.example" })).toBe(403);
  expect(await status(`${pathname}frames/99/${FRONT}`)).toBe(404);
  expect(await status(`${pathname}frames/0/next.reward`)).toBe(404);
  expect(await status(`${pathname}../package.json`)).not.toBe(200);
  expect(await status(`${pathname}pick`, {}, "POST")).toBe(400);
});
