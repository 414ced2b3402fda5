/** What the page is like: light, accessible in every view and colour scheme, on a desk and on a phone. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { findWebClient } from "../../src/dashboard/server/web_client.ts";
import { openBrowser } from "./browser.ts";
import { TrainingWithDashboard } from "./training.ts";

vi.setConfig({ testTimeout: 60_000 });
const MAX_PAGE_BYTES = 250_000;

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
] as const)("axe finds nothing to complain about in %s colours on a %s", async (colorScheme, size) => {
  // The policy forbids foreign scripts; axe is one.
  const context = await browser.newContext({
    colorScheme,
    viewport: SIZES[size],
    bypassCSP: true,
    reducedMotion: "reduce",
  });
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

test("the whole page weighs at most 250 kB, and fetches nothing from elsewhere", async () => {
  const folder = await findWebClient();
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const contents = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name))),
  );
  const bytes = contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
  expect(bytes).toBeLessThanOrEqual(MAX_PAGE_BYTES);

  const context = await browser.newContext();
  const page = await context.newPage();
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  await page.goto(run.dashboard.url, { waitUntil: "networkidle" });
  expect([...hosts]).toEqual([`127.0.0.1:${run.dashboard.port}`]);
});
