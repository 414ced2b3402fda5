/**
 * Takes screenshots of every view of the page at several moments of a run, in light and dark, from phone to wide screen, and
 * one contact sheet per moment. It starts a real run that takes a few minutes.
 *
 *     node --import tsx scripts/dashboard_pictures.ts FOLDER [MOMENT ...]   as PNG; default: all moments
 *     node --import tsx scripts/dashboard_pictures.ts --docs                the screenshots in docs/images
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";
import build from "../test/build.ts";
import { openBrowser } from "../test/dashboard/browser.ts";
import { PseudoTerminal } from "../test/terminal/pseudo_terminal.ts";

const ROOT = join(import.meta.dirname, "..");
const THEMES = ["light", "dark"] as const;
const DESKS = { 768: 1024, 1440: 900, 1920: 1080 } as const;
const PHONE = { width: 390, height: 844 } as const;
const PHONE_OPTIONS: BrowserContextOptions = { viewport: PHONE, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
/** For the documentation. */
const DOCS_DESK = { width: 1280, height: 800 } as const;
/** Episodes before the first screenshots, so that the timeline has content. */
const EPISODES = isForDocs() ? 45 : 25;
const CONFIG = ["--config", "configs/pick_cube.json", "--job_name=pick_cube"];
/** The documentation shows the run of `npm start`; otherwise a shorter one. */
const RUN = isForDocs()
  ? CONFIG
  : [...CONFIG, "--policy.online_steps=5000", "--algorithm.utd_ratio=1", "--eval.n_episodes=20", "--save_freq=500"];
const TASK = "pick up the cube";

const [chosen, ...moments] = process.argv.slice(2);
if (chosen === undefined) throw new Error("name a folder for the pictures, or --docs");
const folder = isForDocs() ? join(ROOT, "docs/images") : chosen;
mkdirSync(folder, { recursive: true });
build();
const scratch = mkdtempSync(join(tmpdir(), "handrail-pictures-"));
const browser = await openBrowser({ drawsScenes: true });
const terminals: PseudoTerminal[] = [];
try {
  const [desk, phone] = [await newPage({ viewport: DOCS_DESK }), await newPage(PHONE_OPTIONS)];
  if (isForDocs()) await picturesOfDocs(desk, phone);
  else await allPictures(desk, phone);
} finally {
  await browser.close();
  for (const terminal of terminals) await terminal.kill();
  rmSync(scratch, { recursive: true, force: true });
}

async function allPictures(desk: Page, phone: Page): Promise<void> {
  const both = [desk, phone] as const;
  const run = join(scratch, "pick_cube");
  const train = await handrail("train", ...RUN, `--output_dir=${run}`);
  for (const page of both) await page.goto(train);
  await takeAll(both, "beginning");
  await untilEpisodes(desk, EPISODES);
  await takeAll(both, "live");
  for (const view of ["learning", "episodes", "run"]) {
    for (const page of both) await show(page, view);
    await desk.waitForTimeout(1500);
    await takeAll(both, view);
  }
  for (const page of both) await show(page, "live");
  await steer(desk);
  await takeAll([desk], "driving");
  await desk.keyboard.up("ArrowLeft");
  await press(desk, "Customise");
  await takeAll([desk], "customise");
  await press(desk, "Done");
  await press(desk, "Release control");
  await press(phone, "Take control");
  await phone.waitForTimeout(1000);
  await takeAll([phone], "driving");
  await press(desk, "Ask for control");
  await phone.getByText("asks for control").waitFor();
  await takeAll(both, "request");
  await press(phone, "Hand over");
  await show(desk, "run");
  await press(desk, "Record every episode");
  await press(desk, "Evaluate now");
  await desk.waitForTimeout(1000);
  await takeAll([desk], "run-evaluating");
  await show(desk, "live");
  await takeAll(both, "live-evaluating");
  await desk.keyboard.press("Escape");
  await desk.getByText("The robot is stopped and holds.").waitFor();
  await desk.waitForTimeout(500);
  await takeAll(both, "stopped");
  await show(desk, "learning");
  await takeAll([desk], "stopped-learning");
  await show(desk, "live");
  await press(desk, "Release the stop");
  await press(desk, "Release control");
  await desk.getByTestId("finished").waitFor();
  await desk.waitForTimeout(1000);
  await takeAll(both, "end");
  for (const page of both) await press(page, "Close");
  await takeAll(both, "end-closed");
  for (const view of ["learning", "episodes", "run"]) {
    for (const page of both) await show(page, view);
    await desk.waitForTimeout(1500);
    await takeAll(both, `end-${view}`);
  }

  const record = await handrail("record", join(scratch, "demos"), `--task=${TASK}`, "--operator=dashboard", ...CONFIG);
  for (const page of both) await page.goto(record);
  await desk.getByTestId("summary").waitFor();
  await takeAll(both, "record");
  await press(desk, "Take control");
  await desk.keyboard.down("ArrowUp");
  await desk.waitForTimeout(1500);
  await takeAll(both, "record-driving");
  await desk.keyboard.up("ArrowUp");
  await desk.keyboard.press("Enter");
  await desk.waitForTimeout(500);
  await takeAll([desk], "record-marked");

  const dataset = await handrail("dashboard", join(run, "demonstrations"));
  for (const page of both) await page.goto(dataset);
  await desk.waitForTimeout(1500);
  await takeAll(both, "dataset");
}

async function picturesOfDocs(desk: Page, phone: Page): Promise<void> {
  const run = join(scratch, "pick_cube");
  const train = await handrail("train", ...RUN, `--output_dir=${run}`);
  const document = (page: Page, name: string) => takeForDocs(page, name);
  for (const page of [desk, phone]) {
    await page.goto(train);
    await page.emulateMedia({ colorScheme: "light" });
  }
  await untilEpisodes(desk, EPISODES);
  await steer(desk);
  await document(desk, "live");
  await desk.keyboard.up("ArrowLeft");
  await press(desk, "Customise");
  await document(desk, "customise");
  await press(desk, "Done");
  await show(desk, "run");
  await document(desk, "run");
  await show(desk, "live");
  await press(desk, "Release control");
  await press(phone, "Take control");
  await phone.waitForTimeout(1500);
  await document(phone, "phone");
  await show(phone, "run");
  await document(phone, "run-phone");
  await show(phone, "live");
  await press(phone, "Release control");
  await desk.emulateMedia({ colorScheme: "dark" });
  await desk.waitForTimeout(500);
  await desk.keyboard.press("Escape");
  await desk.getByText("The robot is stopped and holds.").waitFor();
  await desk.waitForTimeout(1000);
  await document(desk, "stopped-dark");
  await press(desk, "Take control to release");
  await press(desk, "Release the stop");
  await press(desk, "Release control");
  await desk.emulateMedia({ colorScheme: "light" });
  await desk.getByTestId("finished").waitFor();
  for (const page of [desk, phone]) {
    await press(page, "Close");
    for (const view of ["learning", "episodes"]) {
      await show(page, view);
      await page.waitForTimeout(1500);
      if (view === "episodes") {
        await press(page, "Pause");
        const steps = page.getByRole("slider", { name: "Step of the episode" });
        await steps.fill(String(Math.floor(0.7 * Number(await steps.getAttribute("max")))));
        await page.waitForTimeout(500);
      }
      await document(page, page === phone ? `${view}-phone` : view);
    }
  }
}

function isForDocs(): boolean {
  return process.argv.includes("--docs");
}

/** A page with a user name. */
async function newPage(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(600_000);
  const name = options.isMobile ? "Grace" : "Ada";
  await context.addInitScript(`localStorage.setItem("handrail.name", "${name}")`);
  return context.newPage();
}

/** Takes desktop pages in all widths, the phone in its own; in both themes. */
async function takeAll(pages: readonly Page[], moment: string): Promise<void> {
  if (moments.length > 0 && !moments.includes(moment)) return;
  const taken: Taken[] = [];
  for (const page of pages) {
    const isPhone = page.viewportSize()!.width === PHONE.width;
    const sizes = isPhone
      ? [PHONE]
      : Object.entries(DESKS).map(([width, height]) => ({ width: Number(width), height }));
    for (const size of sizes) {
      if (!isPhone) await page.setViewportSize(size);
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(700);
        const name = `${moment}-${size.width}-${colorScheme}`;
        const picture = await page.screenshot();
        await sharp(picture)
          .png({ compressionLevel: 6 })
          .toFile(join(folder, `${name}.png`));
        taken.push({ ...size, picture });
      }
    }
  }
  await writeSheet(taken, moment);
  console.log(moment);
}

interface Taken {
  readonly width: number;
  readonly height: number;
  readonly picture: Buffer;
}

/** Writes a contact sheet of a moment in two rows: light above, dark below. */
async function writeSheet(taken: readonly Taken[], moment: string): Promise<void> {
  const height = 560;
  const gap = 8;
  let left = 0;
  const layers = [];
  for (let i = 0; i < taken.length; i += 2) {
    const column = Math.round((taken[i]!.width / taken[i]!.height) * height);
    for (const row of [0, 1]) {
      const input = await sharp(taken[i + row]!.picture)
        .resize(column, height)
        .toBuffer();
      layers.push({ input, left, top: row * (height + gap) });
    }
    left += column + gap;
  }
  const canvas = { width: left - gap, height: 2 * height + gap, channels: 3 as const, background: "#888" };
  await sharp({ create: canvas })
    .composite(layers)
    .png()
    .toFile(join(folder, `sheet-${moment}.png`));
}

async function takeForDocs(page: Page, name: string): Promise<void> {
  const picture = sharp(await page.screenshot());
  await picture.webp({ quality: 86 }).toFile(join(folder, `dashboard-${name}.webp`));
  console.log(`dashboard-${name}.webp`);
}

async function steer(page: Page): Promise<void> {
  await page.bringToFront(); // without focus, input is released
  await press(page, "Take control");
  await page.getByText("You are in control").first().waitFor(); // earlier input does not count
  await page.keyboard.down("ArrowLeft");
  await page.getByText("You are steering").first().waitFor();
  await page.waitForTimeout(600);
}

async function untilEpisodes(page: Page, count: number): Promise<void> {
  for (;;) {
    const shown = /([\d,]+) episodes/.exec((await page.locator(".progress").textContent()) ?? "");
    if (Number(shown?.[1]?.replaceAll(",", "")) >= count) return;
    await page.waitForTimeout(300);
  }
}

/** Starts a command in a terminal, so that the page stays open at the end. @returns its dashboard's address. */
async function handrail(...args: readonly string[]): Promise<string> {
  // Software rendering in all sizes is slow.
  const patience = ["--dashboard.port=0", "--dashboard.input-timeout=60000"];
  const terminal = PseudoTerminal.handrail([...args, ...patience], { columns: 120 });
  terminals.push(terminal);
  const address = /dashboard on (http:\S+\/)/;
  await terminal.until(address);
  return address.exec(terminal.text)![1]!;
}

async function show(page: Page, view: string): Promise<void> {
  await page.evaluate(`location.hash = "#/${view}"`);
  await page.locator(`main.view-${view}`).waitFor();
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}
