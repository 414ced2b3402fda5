/** `handrail learn --dashboard`, and a person with a real Chromium: curves and evaluations, and no robot anywhere. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { handrail } from "../cli/run_cli.ts";
import { temporaryFolder } from "../datasets/support.ts";
import { HandrailProcess } from "../faults/handrail_process.ts";
import { PATIENT } from "../until.ts";
import { complaintsOf, openBrowser } from "./browser.ts";

let folder: string;
let browser: Browser;
let learner: HandrailProcess | undefined;
beforeEach(async () => {
  folder = await temporaryFolder();
  browser = await openBrowser();
});
afterEach(async () => {
  await browser.close();
  await learner?.kill();
});

/** One demonstration of a cube that always lies at the same place. */
async function demonstrations(): Promise<string[]> {
  const root = join(folder, "demonstrations");
  const fixed = '{"random_block_position":false}';
  const of = ["--task", "lift", "--episodes", "1", "--only-successful", "--env-options", fixed];
  expect(await handrail("record", root, ...of)).toMatchObject({ code: 0 });
  const dataset = ["--dataset.repo_id=lifts", `--dataset.root=${root}`, "--handrail.demonstrations.episodes=0"];
  return [...dataset, `--handrail.environment=${fixed}`];
}

async function startLearning(...values: string[]): Promise<Page> {
  const plugin = ["--plugin", "./examples/behavior_cloning.ts"];
  const page = ["--dashboard", "--dashboard.port", "0"];
  const config = ["--config", "examples/behavior_cloning.json", `--output_dir=${join(folder, "run")}`];
  const dataset = await demonstrations();
  learner = await HandrailProcess.offline(...config, ...plugin, ...page, ...dataset, "--log_freq=20", ...values);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(PATIENT.timeout);
  return await context.newPage();
}

const open = (page: Page) => page.goto(/dashboard on (\S+)/.exec(learner!.output)![1]!);
const textOf = (page: Page, id: string) => page.getByTestId(id).textContent();
const headings = (page: Page) => page.getByRole("heading", { level: 3 }).allTextContents();

test("a person watches a run without actors, pauses it, saves and evaluates; nothing speaks of a robot", async () => {
  const page = await startLearning("--steps=100000", "--env_eval_freq=50000", "--eval.n_episodes=2");
  const complaints = complaintsOf(page);
  await open(page);
  await expect
    .poll(() => page.getByRole("navigation").getByRole("link").allTextContents(), PATIENT)
    .toEqual(["Learning", "Run"]);
  await expect.poll(() => textOf(page, "summary"), PATIENT).toMatch(/^Learning: update [\d,]+ of 100,000/);
  await expect.poll(() => headings(page), PATIENT).toContain("Loss action");
  await expect.poll(() => textOf(page, "summary"), PATIENT).toMatch(/of 100,000, (\d+ s|\d+ min|\d+ h \d+) left\.$/);
  expect(await headings(page)).toEqual(expect.arrayContaining(["Success", "Evaluation", "Loss action"]));
  for (const absent of ["Episode length", "Losses of the critics", "Steps steered by others"]) {
    expect(await headings(page)).not.toContain(absent);
  }

  await page.getByRole("link", { name: "Run", exact: true }).click();
  const did = (name: string) => page.getByRole("button", { name, exact: true });
  await did("Pause learning").click();
  await did("Resume learning").waitFor();
  await expect.poll(() => page.getByRole("banner").textContent(), PATIENT).toContain("paused");
  await did("Save a checkpoint").click();
  await page
    .getByText(/Checkpoint at update \d+:/)
    .first()
    .waitFor();
  await did("Evaluate now").click();
  await page.getByText(/Evaluation: \d of 2 episodes succeeded\./).waitFor();
  await did("Resume learning").click();
  await did("Pause learning").waitFor();

  await page.getByRole("link", { name: "Learning", exact: true }).click();
  await page.getByRole("heading", { name: /^Evaluation at [\d,]+ updates$/ }).waitFor();
  for (const view of ["learning", "run"]) {
    await page.goto(`${page.url().split("#")[0]}#/${view}`);
    await page.getByRole("heading", { name: "Learner", exact: true }).waitFor();
    const text = (await page.getByRole("main").textContent())! + (await page.getByRole("banner").textContent());
    expect(text.replace(/Configuration.*/s, "")).not.toMatch(/robot|control|steer|stop|actor/i);
  }
  await page.getByRole("link", { name: "Learning", exact: true }).click();
  expect(complaints).toEqual([]);

  expect(await learner!.stop()).toBe(0);
  await page.getByRole("heading", { name: "Stopped", exact: true }).waitFor();
  const next = await page.getByTestId("finished").textContent();
  expect(next).toMatch(/Continue.*learn.*--resume=true.*Evaluate the policy.*eval --policy/s);
  expect(await textOf(page, "summary")).toBe("The run was stopped.");
}, 300_000);

test("without an environment nothing is evaluated, and the page says when all updates are made", async () => {
  const page = await startLearning("--steps=3000", "--env=null");
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page);
  await expect.poll(() => headings(page), PATIENT).toContain("Loss action");
  expect(await headings(page)).not.toContain("Success");
  await page.getByRole("link", { name: "Run", exact: true }).click();
  await page.getByRole("button", { name: "Pause learning" }).waitFor();
  expect(await page.getByRole("button", { name: "Evaluate now" }).count()).toBe(0);
  await page.getByRole("link", { name: "Learning", exact: true }).click();
  await page.getByRole("heading", { name: "All updates are made", exact: true }).waitFor();
  expect(await textOf(page, "summary")).toBe("All updates are made.");
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
  expect(await learner!.ended()).toBe(0);
}, 300_000);
