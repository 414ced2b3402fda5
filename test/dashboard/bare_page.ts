/** The built page in Chromium, connected to a run without a robot that records what the page sends. */
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

  /** Starts a new run and page. @param script runs in the page before its own scripts. */
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
    await expect.poll(() => this.page.getByTestId("control").textContent(), PATIENT).toContain("You are in control");
  }

  /** The action that the robot would execute now. */
  get motion(): { readonly steers: boolean; readonly action: readonly number[] } {
    const { isIntervention } = this.run.teleoperator.getTeleopEvents();
    return { steers: isIntervention, action: [...this.run.teleoperator.getAction()] };
  }

  /** Resolves when the robot is steered with this motion: x, y, z. */
  async steers(...motion: readonly number[]): Promise<void> {
    const wanted = [true, ...motion].map((value) => (typeof value === "number" ? expect.closeTo(value, 5) : value));
    await expect.poll(() => [this.motion.steers, ...this.motion.action.slice(0, 3)], PATIENT).toEqual(wanted);
  }

  async isReleased(): Promise<void> {
    await expect.poll(() => this.motion.steers, PATIENT).toBe(false);
  }

  /** Expects that `act` never steers the robot. @param settles resolves when its input would have reached the run. */
  async neverSteers(act: () => Promise<unknown>, settles: () => Promise<unknown> = () => this.settle()): Promise<void> {
    const before = this.run.steeringInputs;
    await act();
    await settles();
    expect(this.run.steeringInputs).toBe(before);
  }

  /** Resolves when earlier input has reached the run, by labelling an episode. */
  async settle(): Promise<void> {
    const pressed = this.labels.length;
    await this.page.keyboard.press("t");
    await expect.poll(() => this.labels.length, PATIENT).toBeGreaterThan(pressed);
  }

  /** Labels that reached the run, oldest first. */
  get labels(): string[] {
    return this.run.loggedActions.filter((name) => name.startsWith("label_")).map((name) => name.slice(6));
  }

  get stops(): number {
    return this.run.loggedActions.filter((name) => name === "emergency_stop").length;
  }

  /** Resolves when the robot was stopped once more, and releases the stop. */
  async isStoppedAgain(): Promise<void> {
    await expect.poll(() => this.stops, PATIENT).toBe(1);
    this.run.logged.length = 0;
    const release = this.page.getByRole("button", { name: "Release the stop" });
    await release.click();
    await expect.poll(() => this.run.done.at(-1), PATIENT).toBe("release");
    await release.waitFor({ state: "hidden" }); // until the page receives it, it releases every key
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
