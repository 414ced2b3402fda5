/** Size and accessibility of the page, in every view and colour scheme, on a desktop and on a phone. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { findWebClient } from "../../src/dashboard/server/connection/web_client.ts";
import { PATIENT } from "../until.ts";
import { openBrowser } from "./browser.ts";
import { TrainingWithDashboard } from "./training.ts";

const MAX_PAGE_BYTES = 250_000;
/** One variable font for all weights. */
const MAX_FONT_BYTES = 50_000;

let browser: Browser;
let run: TrainingWithDashboard;

beforeAll(async () => {
  [browser, run] = await Promise.all([openBrowser(), TrainingWithDashboard.start()]);
});
afterAll(async () => {
  await browser?.close();
  await run?.close();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await run.reopenDashboard();
});

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;

test.each([
  ["light", "desk"],
  ["dark", "desk"],
  ["light", "phone"],
  ["dark", "phone"],
] as const)("axe finds no violations in %s colours on a %s", async (colorScheme, size) => {
  // The content security policy forbids axe as a foreign script.
  const context = await browser.newContext({
    colorScheme,
    viewport: SIZES[size],
    bypassCSP: true,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(PATIENT.timeout);
  const page = await context.newPage();
  await page.goto(run.dashboard.url);
  await page.getByRole("button", { name: "Take control", exact: true }).click();
  await page.evaluate(axe.source);
  for (const view of ["live", "learning", "episodes", "run"]) {
    await page.evaluate(`location.hash = "#/${view}"`);
    await page.locator(`main.view-${view}`).waitFor();
    const { violations } = await page.evaluate<{ violations: Violation[] }>("axe.run()");
    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join("\n  ")}`,
    );
    expect(found, view).toEqual([]);
    const width = await page.evaluate<number>("document.documentElement.scrollWidth");
    expect(width, `${view} fits`).toBeLessThanOrEqual(SIZES[size].width);
  }
});

test("a phone in control shows view, keys and label buttons on one screen, above the tabs, while others watch", async () => {
  const context = await browser.newContext({ viewport: SIZES.phone, isMobile: true, hasTouch: true });
  const page = await context.newPage();
  await page.goto(run.dashboard.url);
  const other = await context.newPage();
  await other.goto(run.dashboard.url);
  await other.getByTestId("control").waitFor();
  await page.getByRole("button", { name: "Take control", exact: true }).click();
  await page.getByText("You are in control. 1 other watching.").waitFor();
  const place = async (selector: string) => (await page.locator(selector).boundingBox())!;
  const tabs = await place(".top nav");
  const parts = [".stage", ".key-x-plus", ".key-x-minus", ...["Success", "Failure", "Re-record", "End"]];
  for (const part of parts) {
    const box = await place(part.startsWith(".") ? part : `.verdict:has-text("${part}")`);
    expect(box.y + box.height, part).toBeLessThanOrEqual(tabs.y);
    expect(box.x + box.width, part).toBeLessThanOrEqual(SIZES.phone.width);
  }
  const undo = (await page.getByRole("button", { name: "Undo" }).boundingBox())!;
  expect(undo.x + undo.width).toBeLessThanOrEqual(SIZES.phone.width);
  expect((await place(".stage")).height).toBeGreaterThan(280);
});

test("the page has at most 250 kB, plus 50 kB for its font, and loads nothing from other hosts", async () => {
  const folder = await findWebClient();
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const weights = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async (file) => ({
        isFont: file.name.endsWith(".woff2"),
        bytes: gzipSync(await readFile(join(file.parentPath, file.name))).length,
      })),
  );
  const sum = (ofFont: boolean) =>
    weights.filter(({ isFont }) => isFont === ofFont).reduce((total, { bytes }) => total + bytes, 0);
  expect(sum(false)).toBeLessThanOrEqual(MAX_PAGE_BYTES);
  expect(sum(true)).toBeLessThanOrEqual(MAX_FONT_BYTES);

  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENT.timeout);
  const page = await context.newPage();
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  await page.goto(run.dashboard.url, { waitUntil: "networkidle" });
  expect([...hosts]).toEqual([`127.0.0.1:${run.dashboard.port}`]);
});
