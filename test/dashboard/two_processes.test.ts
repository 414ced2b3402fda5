/**
 * `handrail learner --dashboard` and `handrail actor --dashboard` in two processes, with both pages in Chromium: a person's
 * interventions at the actor reach both of the learner's buffers.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { range } from "../../src/transport/conformance/harness.ts";
import type { HandrailProcess } from "../faults/handrail_process.ts";
import { RunOnTheArm } from "../faults/run_on_the_arm.ts";
import { freePort } from "../transport/free_port.ts";
import { PATIENT } from "../until.ts";
import { complaintsOf, openBrowser } from "./browser.ts";

const PAGE = ["--dashboard", "--dashboard.port", "0", "--dashboard.input-timeout", String(PATIENT.timeout)];

let folder: string;
let run: RunOnTheArm;
let browser: Browser;
let complaints: string[][] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-people-"));
  complaints = [];
  run = new RunOnTheArm(folder, await freePort(), [
    ...["--handrail.operator.type=none", "--handrail.pacing=real_time", "--env.processor.reset.control_time_s=600"],
    "--handrail.updates_per_step.min=null",
  ]);
  browser = await openBrowser();
});
afterEach(async () => {
  await browser?.close();
  await run.end();
  await rm(folder, { recursive: true, force: true });
});

async function pageOf(process: HandrailProcess): Promise<Page> {
  await process.prints("dashboard on ");
  const context = await browser.newContext({ viewport: { width: 1000, height: 720 } });
  context.setDefaultTimeout(PATIENT.timeout);
  const page = await context.newPage();
  complaints.push(complaintsOf(page));
  await page.goto(/dashboard on (\S+)/.exec(process.output)![1]!);
  return page;
}

const textOf = (page: Page, id: string) => page.getByTestId(id).textContent();

test("a person takes over and stops the actor; the learner's page shows it, and both buffers have the interventions", async () => {
  const learner = await run.learner(...PAGE);
  const actor = await run.actor(["--name", "left", ...PAGE]);
  const [robot, brain] = [await pageOf(actor), await pageOf(learner)];

  // The learner's page shows its actor and curves, without steering and stop.
  const left = brain.getByRole("row").filter({ has: brain.getByRole("rowheader", { name: "left" }) });
  await expect.poll(() => left.textContent(), PATIENT).toMatch(/running.*\d Hz/);
  expect(await brain.getByRole("button", { name: /STOP/ }).count()).toBe(0);
  expect(await brain.getByRole("link").allTextContents()).not.toContain("Live");

  // The actor's page has no learner metrics.
  await expect.poll(() => textOf(robot, "summary"), PATIENT).toContain("Acting: step");
  await robot.getByRole("link", { name: "Learning", exact: true }).click();
  await robot.getByRole("heading", { name: "Success" }).waitFor();
  expect(await robot.getByText("Losses of the critics").count()).toBe(0);
  await robot.getByRole("link", { name: "Live", exact: true }).click();

  await robot.getByRole("button", { name: "Take control", exact: true }).click();
  await expect.poll(() => textOf(robot, "control"), PATIENT).toContain("You are in control");
  await robot.keyboard.down("ArrowUp");
  await expect.poll(() => textOf(robot, "steering"), PATIENT).toBe("You are steering");
  await robot.waitForTimeout(700);
  await robot.keyboard.up("ArrowUp");
  await robot.keyboard.press("Enter"); // success
  await expect.poll(() => left.textContent(), PATIENT).toContain("1, latest: success");

  await robot.keyboard.press("Escape");
  await robot.getByText("The robot is stopped and holds.").waitFor();
  await expect.poll(() => left.textContent(), PATIENT).toContain("holding");
  const held = await run.outboxBytes("left");

  // After two quick reloads the stop is still active, and the same person can release it.
  await robot.reload({ waitUntil: "domcontentloaded" });
  await robot.reload();
  await expect.poll(() => textOf(robot, "control"), PATIENT).toContain("You are in control");
  await robot.getByText("The robot is stopped and holds.").waitFor();
  expect(await run.outboxBytes("left"), "the robot moved").toBe(held);
  await robot.getByRole("button", { name: "Release the stop" }).click();
  await expect.poll(() => left.textContent(), PATIENT).toContain("running");
  expect(complaints.flat()).toEqual([]);

  expect(await actor.stop()).toBe(0);
  expect(actor.output).not.toContain("have not reached the learner");
  expect(await learner.stop()).toBe(0);
  const { accepted, stored, offlineRows, interventions } = await run.books();
  expect(interventions).toBeGreaterThan(3);
  expect(offlineRows).toBe(interventions);
  expect(stored).toEqual(accepted);
  for (const sequences of Object.values(stored)) expect(sequences).toEqual(range(1, sequences.length));
});
