/**
 * The page in Chromium with a real training run: simulated Panda, actor at 10 Hz, learner in its thread. The effects of the
 * page are checked in the control loop, the run's log and the replay buffer.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { PATIENT } from "../until.ts";
import { complaintsOf, openBrowser } from "./browser.ts";
import { TrainingWithDashboard } from "./training.ts";

/** x, y, z of the tool in the observed state. */
const TOOL = 15;
/** A fake gamepad in the browser's API. */
const FAKE_PAD = `
  globalThis.pad = {
    id: "Test Pad (STANDARD GAMEPAD)", index: 0, connected: true, mapping: "standard", axes: [0, 0, 0, 0],
    buttons: Array.from({ length: 17 }, () => ({ pressed: false, value: 0 })),
  };
  navigator.getGamepads = () => [pad, null, null, null];
`;

let browser: Browser;
let run: TrainingWithDashboard;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  [browser, run] = await Promise.all([
    openBrowser(),
    TrainingWithDashboard.start({
      overrides: ["--env.processor.reset.control_time_s=600", "--handrail.operator.type=none"],
    }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await run?.close();
});
beforeEach(async () => {
  page = await openPage();
});
afterEach(async () => {
  expect(complaints).toEqual([]);
  for (const context of browser.contexts()) await context.close();
  // Reset control, stop and pause for the next test.
  await run.reopenDashboard();
});

/** @param script runs in the page before its own scripts. */
async function openPage(script = ""): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 720 } });
  context.setDefaultTimeout(PATIENT.timeout);
  await context.addInitScript(script);
  const opened = await context.newPage();
  complaints = complaintsOf(opened);
  await opened.goto(run.dashboard.url);
  await opened.getByTestId("control").waitFor();
  return opened;
}

async function takeControl(of: Page = page): Promise<void> {
  await of.getByRole("button", { name: "Take control", exact: true }).click();
  await expect.poll(() => of.getByTestId("control").textContent(), PATIENT).toContain("You are in control");
}

/** Control steps from here on. */
function watchSteps() {
  const from = run.steps.length;
  return () => run.steps.slice(from);
}

/** The replay buffer, once it has this many transitions: actors send them in batches. */
async function storedUntil(count: number) {
  await vi.waitFor(() => expect(run.learner.progress.onlineSize).toBeGreaterThanOrEqual(count), PATIENT);
  return await run.storedTransitions();
}

const steered = () => run.steps.at(-1)?.isIntervention === true;
const toolX = (step = run.steps.at(-1)!) => (step.nextObservation["observation.state"]!.data as Float32Array)[TOOL]!;

test("the page shows the run without browser warnings", async () => {
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toContain("pick-cube");
  await expect.poll(() => page.locator("#stage canvas").isVisible(), PATIENT).toBe(true);
  await expect.poll(() => page.getByTestId("steering").textContent(), PATIENT).toBe("Policy is acting");
  await expect.poll(() => page.locator(".bar.running").count(), PATIENT).toBe(1);
});

test("a held arrow key moves the arm; exactly its steps are interventions in the log and in the buffer", async () => {
  await takeControl();
  const before = run.steps.at(-1)!.episode;
  await page.keyboard.press("t"); // a new episode, for counting its steps
  await vi.waitFor(() => expect(run.steps.at(-1)!.episode).toBeGreaterThan(before), PATIENT);
  const steps = watchSteps();
  const helped = () => steps().filter(({ isIntervention }) => isIntervention);
  await page.keyboard.down("ArrowUp");
  await vi.waitFor(() => expect(helped().filter(({ action }) => action[0] === 1).length).toBeGreaterThan(5), PATIENT);
  await expect.poll(() => page.getByTestId("steering").textContent(), PATIENT).toBe("You are steering");
  await page.keyboard.up("ArrowUp");
  await vi.waitFor(
    () =>
      expect(
        steps()
          .slice(-3)
          .map(({ isIntervention }) => isIntervention),
      ).not.toContain(true),
    PATIENT,
  );
  // Read before the key that ends it: in a slow browser the next episode may have started afterwards.
  const { episode } = run.steps.at(-1)!;
  await page.keyboard.press("t");
  const ended = () => run.eventsOf("episode").find((event) => event.episode === episode);
  await vi.waitFor(() => expect(ended()).toBeDefined(), PATIENT);

  const first = helped()[0]!;
  const last = helped().at(-1)!;
  expect([first.episode, last.episode]).toEqual([episode, episode]);
  expect(last.episodeStep - first.episodeStep).toBe(helped().length - 1); // one range
  // A page that stutters on a busy machine holds the arm still; nothing else moves it.
  const pushed = [1, 0, 0, 1];
  const still = [0, 0, 0, 1];
  for (const { action } of helped()) expect([pushed, still]).toContainEqual([...action]);
  expect(toolX(last)).toBeGreaterThan(toolX(first) + 0.03);
  expect(ended()).toMatchObject({ outcome: "terminated", intervention_steps: helped().length });

  const stored = await storedUntil(last.interactionStep);
  const flags = run.steps.map(({ isIntervention }) => (isIntervention ? 1 : 0));
  const storedFlags = stored.map(({ complementaryInfo }) => complementaryInfo?.is_intervention);
  expect(storedFlags).toEqual(flags.slice(0, stored.length));
});

test("a gamepad steers while its take-over button is held, with its own bindings", async () => {
  await page.context().close();
  page = await openPage(FAKE_PAD);
  await takeControl();
  await page.getByText("Test Pad: hold RB to steer.").waitFor();
  const set = (button: number, pressed: boolean, axes: number[]) =>
    page.evaluate(`pad.buttons[${button}] = { pressed: ${pressed}, value: ${Number(pressed)} }; pad.axes = [${axes}]`);

  const steps = watchSteps();
  await set(5, false, [0, -1, 0, 0]); // the stick alone does nothing
  await vi.waitFor(() => expect(steps().length).toBeGreaterThan(3), PATIENT);
  expect(steps().some(({ isIntervention }) => isIntervention)).toBe(false);
  await set(5, true, [0, -0.55, 0, 1]);
  await vi.waitFor(() => expect(steered()).toBe(true), PATIENT);
  const wanted = [0.5, 0, -1].map((share) => expect.closeTo(share, 5));
  await vi.waitFor(() => expect([...run.steps.at(-1)!.action].slice(0, 3)).toEqual(wanted), PATIENT);
  await set(5, false, [0, 0, 0, 0]);
  await vi.waitFor(() => expect(steered()).toBe(false), PATIENT);

  await set(3, true, [0, 0, 0, 0]); // Y: success
  await vi.waitFor(() => expect(run.eventsOf("episode").at(-1)?.outcome).toBe("success"), PATIENT);
  await set(3, false, [0, 0, 0, 0]);

  await page.getByRole("button", { name: "Customise" }).click();
  await page.getByRole("checkbox", { name: "forward – back inverted" }).uncheck();
  await page.getByRole("combobox", { name: "take over" }).selectOption("LB");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Release control" }).click();
  await expect.poll(() => page.getByTestId("control").textContent(), PATIENT).toContain("No one is in control");
  await page.reload(); // the bindings are stored for this gamepad
  await takeControl();
  await page.getByText("Test Pad: hold LB to steer.").waitFor();
  await set(4, true, [0, -0.55, 0, 0]);
  await vi.waitFor(() => expect(run.steps.at(-1)!.action[0]).toBeCloseTo(-0.5, 5), PATIENT);
  expect(steered()).toBe(true);
  await set(4, false, [0, 0, 0, 0]);
  await vi.waitFor(() => expect(steered()).toBe(false), PATIENT);
});

test("a success label ends the episode with reward 1; undoing it corrects the buffer", async () => {
  await takeControl();
  await vi.waitFor(() => expect(run.steps.at(-1)!.episodeStep).toBeGreaterThan(3), PATIENT);
  const { episode } = run.steps.at(-1)!;
  await page.keyboard.press("Enter");
  await vi.waitFor(
    () => expect(run.eventsOf("episode").at(-1)).toMatchObject({ episode, outcome: "success" }),
    PATIENT,
  );
  const last = run.steps.findLast((step) => step.episode === episode)!;
  expect(last).toMatchObject({ reward: 1, terminated: true });
  const row = last.interactionStep - 1;
  expect((await storedUntil(row + 1))[row]).toMatchObject({ reward: 1, terminated: true });

  await page.getByRole("button", { name: /^Undo/ }).click();
  await page.getByText(`Undid the success label of episode ${episode}.`).waitFor();
  await vi.waitFor(
    async () =>
      expect((await run.storedTransitions())[row]).toMatchObject({ reward: 0, terminated: false, truncated: true }),
    PATIENT,
  );
  expect(run.actions.slice(-2)).toEqual(["label_success", "undo_label"]);
  expect(run.eventsOf("episode").findLast((event) => event.episode === episode)).toMatchObject({
    correction: true,
    outcome: "terminated",
    episodic_return: 0,
  });
  await expect
    .poll(() => page.locator(`[data-episode="${episode}"]`).getAttribute("data-outcome"), PATIENT)
    .not.toBe("success");
});

test.each(["live", "learning", "episodes", "run"])(
  "the emergency stop holds the arm from the view “%s”",
  async (view) => {
    await takeControl();
    await page.evaluate(`location.hash = "#/${view}"`);
    await page.locator(`main.view-${view}`).waitFor();
    await page.keyboard.press("Escape");
    await vi.waitFor(() => expect(run.made.actor.state).toBe("holding"), PATIENT);
    const steps = watchSteps();
    await page.keyboard.down("ArrowUp"); // moves nothing
    await page.waitForTimeout(350);
    await page.keyboard.up("ArrowUp");
    expect(steps().length).toBeLessThanOrEqual(1);
    await page.getByRole("button", { name: "Release the stop" }).click();
    await vi.waitFor(() => expect(run.made.actor.state).toBe("running"), PATIENT);
    expect(run.actions.slice(-2)).toEqual(["emergency_stop", "release_stop"]);
  },
);

test("the emergency stop works with an open dialog and without control", async () => {
  await page.getByRole("button", { name: "Customise" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await vi.waitFor(() => expect(run.made.actor.state).toBe("holding"), PATIENT);
  await page.getByRole("button", { name: "Take control to release" }).click();
  await page.getByRole("button", { name: "Release the stop" }).click();
  await vi.waitFor(() => expect(run.made.actor.state).toBe("running"), PATIENT);
});

test("a page that is being closed says goodbye", async () => {
  const before = run.actions.length;
  await takeControl();
  await page.evaluate(`dispatchEvent(new PageTransitionEvent("pagehide"))`);
  await expect.poll(() => page.getByTestId("control").textContent(), PATIENT).toContain("No one is in control");
  expect(run.actions.slice(before)).not.toContain("control_lost");
});

test("leaving the page releases control; closing the tab while steering makes the robot hold", async () => {
  const losses = () => run.actions.filter((name) => name === "control_lost").length;
  const before = losses();
  await takeControl();
  // Same origin: for another one the browser starts a new process and may end the old one before its goodbye.
  await page.goto(`${new URL(run.dashboard.url).origin}/recordings`);
  page = await openPage();
  await expect.poll(() => page.getByTestId("control").textContent(), PATIENT).toContain("No one is in control");
  expect(losses()).toBe(before);

  await takeControl();
  await page.keyboard.down("ArrowUp");
  await vi.waitFor(() => expect(steered()).toBe(true), PATIENT);
  await page.context().close();
  await vi.waitFor(() => expect(run.made.actor.state).toBe("holding"), PATIENT);
  expect(losses()).toBe(before + 1);
  page = await openPage();
  expect(await page.getByRole("alert").textContent()).toContain("The page in control lost its connection.");
  await page.getByRole("button", { name: "Take control to release" }).click();
  await page.getByRole("button", { name: "Release the stop" }).click();
  await vi.waitFor(() => expect(run.made.actor.state).toBe("running"), PATIENT);
});

test("of two tabs one is in control, and hands it over on request", async () => {
  await takeControl();
  const other = await openPage();
  await expect.poll(() => other.getByTestId("control").textContent(), PATIENT).toContain("You are watching");
  const steps = watchSteps();
  await other.keyboard.down("ArrowUp"); // a watcher's keys do nothing
  await vi.waitFor(() => expect(steps().length).toBeGreaterThan(4), PATIENT);
  expect(steps().some(({ isIntervention }) => isIntervention)).toBe(false);
  await other.keyboard.up("ArrowUp");
  await other.getByRole("button", { name: "Ask for control" }).click();
  await page.getByRole("button", { name: "Hand over" }).click();
  await expect.poll(() => other.getByTestId("control").textContent(), PATIENT).toContain("You are in control");
  await expect.poll(() => page.getByTestId("control").textContent(), PATIENT).toContain("You are watching");
});

test("actions are executed, answered and logged", async () => {
  await takeControl();
  await page.getByRole("link", { name: "Run" }).click();
  await page.getByRole("button", { name: "Pause the robot" }).click();
  await vi.waitFor(() => expect(run.made.actor.state).toBe("paused"), PATIENT);
  await page.getByRole("button", { name: "Resume the robot" }).click();
  await vi.waitFor(() => expect(run.made.actor.state).toBe("running"), PATIENT);
  await page.getByRole("button", { name: "Pause learning" }).click();
  await vi.waitFor(() => expect(run.learner.progress.state).toBe("paused"), PATIENT);
  await page.getByRole("button", { name: "Resume learning" }).click();
  await vi.waitFor(() => expect(run.learner.progress.state).not.toBe("paused"), PATIENT);
  await page.getByRole("button", { name: "Save a checkpoint" }).click();
  await page.getByText(/^Saved checkpoints/).waitFor(); // beside the button, relative to the run's folder
  const wanted = ["pause_actor", "resume_actor", "pause_learner", "resume_learner", "save_checkpoint"];
  expect(run.actions.slice(-5)).toEqual(wanted);
});

test("a recorded episode is played back", async () => {
  await page.getByRole("link", { name: "Episodes" }).click();
  await page
    .getByRole("link", { name: /^Episode \d+/ })
    .first()
    .click();
  await expect
    .poll(() => page.locator(".badge-row").textContent(), PATIENT)
    .toMatch(/Episode \d+ · .* · step \d+ of \d+/);
});

test("keys can be rebound, and the page stores the bindings", async () => {
  await page.getByRole("button", { name: "Customise" }).click();
  await page.getByRole("button", { name: "Key for forward" }).click();
  await page.keyboard.press("k");
  await page.getByRole("button", { name: "Done" }).click();
  await page.reload();
  await takeControl();
  expect(await page.locator(".key-x-plus kbd").textContent()).toBe("K");
  await page.keyboard.down("k");
  await vi.waitFor(() => expect(steered()).toBe(true), PATIENT);
  await page.keyboard.up("k");
  await vi.waitFor(() => expect(steered()).toBe(false), PATIENT);
});

test("every control can be reached and used with the keyboard alone", async () => {
  const reached = new Set<string>();
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate<string>("document.activeElement?.textContent?.trim() ?? ''"));
  }
  for (const name of ["Skip to content", "Live", "Run", "Take control", "Customise", "Reset view"]) {
    expect(
      [...reached].some((text) => text.startsWith(name)),
      name,
    ).toBe(true);
  }
});
