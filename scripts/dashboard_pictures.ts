/**
 * Takes the pictures of docs/dashboard.md: of a run that it starts, and of a finished one for its curves.
 *
 *     npx tsx scripts/dashboard_pictures.ts FINISHED_RUN [FOLDER]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";
import { openBrowser } from "../test/dashboard/browser.ts";

const ROOT = join(import.meta.dirname, "..");
const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const PHONE: BrowserContextOptions = {
  ...{ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
/** Until the timeline has something to tell. */
const EPISODES = 45;

const [finishedRun, folder = join(ROOT, "docs/images")] = process.argv.slice(2);
if (finishedRun === undefined) throw new Error("name the folder of a finished run");
const output = mkdtempSync(join(tmpdir(), "handrail-pictures-"));
const browser = await openBrowser();
const review = await handrail("dashboard", finishedRun);
const train = await handrail(
  "train",
  "--config",
  "configs/pick_cube.json",
  `--output_dir=${join(output, "pick_cube")}`,
);
try {
  await ofReview(await open(browser, review.url, DESK));
  await ofTraining(train.url);
} finally {
  await browser.close();
  for (const { child } of [review, train]) child.kill("SIGKILL");
  rmSync(output, { recursive: true, force: true });
}

async function ofReview(page: Page): Promise<void> {
  await page.locator(".chart .plot").first().waitFor();
  await take(page, "learning");
}

async function ofTraining(url: string): Promise<void> {
  const desk = await open(browser, url, DESK);
  await untilEpisodes(desk);
  await press(desk, "Take control");
  await desk.keyboard.down("ArrowLeft");
  await desk.getByText("You steer").waitFor();
  await desk.waitForTimeout(600);
  await take(desk, "live");
  await desk.keyboard.up("ArrowLeft");
  await press(desk, "Customise");
  await take(desk, "customise");
  await press(desk, "Done");
  await show(desk, "episodes");
  await desk.waitForTimeout(3000);
  await press(desk, "Pause");
  await desk.getByRole("slider", { name: "Step of the episode" }).fill("24");
  await desk.waitForTimeout(500);
  await take(desk, "episodes");
  await show(desk, "live");
  await press(desk, "Release control");

  const phone = await open(browser, url, PHONE);
  await press(phone, "Take control");
  await phone.waitForTimeout(1500);
  await take(phone, "phone");
  await press(phone, "Release control");
  await phone.context().close();

  const dark = await open(browser, url, { ...DESK, colorScheme: "dark" });
  await dark.waitForTimeout(1500);
  await dark.keyboard.press("Escape");
  await dark.getByText("The robot is stopped and holds.").waitFor();
  await dark.waitForTimeout(1000);
  await take(dark, "stopped-dark");
}

async function untilEpisodes(page: Page): Promise<void> {
  for (;;) {
    const shown = /([\d,]+) episodes/.exec((await page.locator(".progress").textContent()) ?? "");
    if (Number(shown?.[1]?.replaceAll(",", "")) >= EPISODES) return;
    await page.waitForTimeout(500);
  }
}

interface Command {
  readonly url: string;
  readonly child: ChildProcess;
}

/** Resolves when the command has printed its dashboard's address. */
async function handrail(...args: readonly string[]): Promise<Command> {
  const options = ["--import", "tsx", "src/cli/main.ts", ...args, "--dashboard.port=0"];
  const child = spawn(process.execPath, options, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (text: Buffer) => {
      said += text;
      const url = /dashboard on (http:\S+\/)/.exec(said)?.[1];
      if (url !== undefined) resolve({ url, child });
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", () => reject(new Error(said)));
  });
}

async function open(browser: Browser, url: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ colorScheme: "light", ...options });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

async function show(page: Page, view: string): Promise<void> {
  await page.evaluate(`location.hash = "#/${view}"`);
  await page.locator(`main.view-${view}`).waitFor();
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

async function take(page: Page, name: string): Promise<void> {
  const picture = sharp(await page.screenshot());
  await picture.webp({ quality: 88 }).toFile(join(folder, `dashboard-${name}.webp`));
  console.log(`dashboard-${name}.webp`);
}
