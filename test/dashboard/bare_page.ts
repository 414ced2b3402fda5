/** The built page in a real Chromium on a run without a robot: what the page sends is read where the robot would. */
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { type Dashboard, startDashboard } from "../../src/dashboard/server/start_dashboard.ts";
import { PATIENT } from "../until.ts";
import { BareRun } from "./bare_run.ts";
import { complaintsOf, openBrowser } from "./browser.ts";

export class BarePage {
  readonly browser: Browser;
  run = new BareRun();
  dashboard!: Dashboard;
  page!: Page;
  complaints: string[] = [];

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  static async launch(): Promise<BarePage> {
    return new BarePage(await openBrowser());
  }

  /** A new run and a new page. @param script runs in the page before anything of its own. */
  async open(script = ""): Promise<Page> {
    await this.leave();
    this.run = new BareRun();
    this.dashboard = await startDashboard({ run: this.run, port: 0, inputTimeoutMs: PATIENT.timeout });
    const context = await this.browser.newContext({ viewport: { width: 1000, height: 720 } });
    context.setDefaultTimeout(PATIENT.timeout);
    await context.addInitScript(script);
    this.page = await context.newPage();
    this.complaints = complaintsOf(this.page);
    await this.page.goto(this.dashboard.url);
    await this.page.getByTestId("control").waitFor();
    return this.page;
  }

  async takeControl(): Promise<void> {
    await this.page.getByRole("button", { name: "Take control", exact: true }).click();
    await this.holdsControl();
  }

  async holdsControl(): Promise<void> {
    await expect.poll(() => this.page.getByTestId("control").textContent(), PATIENT).toContain("You hold control");
  }

  /** What the robot would do at this moment. */
  get motion(): { readonly steers: boolean; readonly action: readonly number[] } {
    const { isIntervention } = this.run.teleoperator.getTeleopEvents();
    return { steers: isIntervention, action: [...this.run.teleoperator.getAction()] };
  }

  /** The robot is steered so: x, y, z. */
  async steers(...motion: readonly number[]): Promise<void> {
    const wanted = [true, ...motion].map((value) => (typeof value === "number" ? expect.closeTo(value, 5) : value));
    await expect.poll(() => [this.motion.steers, ...this.motion.action.slice(0, 3)], PATIENT).toEqual(wanted);
  }

  async isLetGo(): Promise<void> {
    await expect.poll(() => this.motion.steers, PATIENT).toBe(false);
  }

  /** Nothing that `act` does puts a hand on the robot, however shortly; `settles` when that would have reached the run. */
  async staysHandsOff(
    act: () => Promise<unknown>,
    settles: () => Promise<unknown> = () => this.settle(),
  ): Promise<void> {
    const before = this.run.handsOn;
    await act();
    await settles();
    expect(this.run.handsOn).toBe(before);
  }

  /** Resolves when the page has answered to what was done before: the marks of its key presses are at the run, too. */
  async settle(): Promise<void> {
    const pressed = this.labels.length;
    await this.page.keyboard.press("t");
    await expect.poll(() => this.labels.length, PATIENT).toBeGreaterThan(pressed);
  }

  /** Verdicts that reached the run, oldest first. */
  get labels(): string[] {
    return this.run.loggedActions.filter((name) => name.startsWith("label_")).map((name) => name.slice(6));
  }

  get stops(): number {
    return this.run.loggedActions.filter((name) => name === "emergency_stop").length;
  }

  /** Resolves when the robot was stopped once more, and lets it continue. */
  async isStoppedAgain(): Promise<void> {
    await expect.poll(() => this.stops, PATIENT).toBe(1);
    this.run.logged.length = 0;
    const release = this.page.getByRole("button", { name: "Let the robot go on" });
    await release.click();
    await expect.poll(() => this.run.done.at(-1), PATIENT).toBe("release");
    await release.waitFor({ state: "hidden" }); // until the page has heard of it, it lets go of every key
    this.run.logged.length = 0;
  }

  async leave(): Promise<void> {
    for (const context of this.browser.contexts()) await context.close();
    await this.dashboard?.close();
  }

  async close(): Promise<void> {
    await this.leave();
    await this.browser.close();
  }
}
