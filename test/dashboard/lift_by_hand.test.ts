/**
 * The page of `handrail train` in Chromium: the cube is lifted with held keys, using only poses that the page receives. Time
 * is counted in control steps, so the result does not depend on the machine's speed.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { decodeFrame, type PoseFrame } from "../../src/dashboard/frames.ts";
import type { Scene } from "../../src/dashboard/protocol.ts";
import { HANDRAIL } from "../build.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";
import { PATIENT } from "../until.ts";
import { openBrowser } from "./browser.ts";
import { PageSocket } from "./page_socket.ts";

const STEPS_PER_S = 10;
const LIMIT_S = 30;
/** The tool's centre is below the finger tips' bodies. */
const TOOL_BELOW_TIPS_M = 0.033;
const POSE_SIZE = 7;

const RUN = [
  ...[
    "--handrail.demonstrations.episodes=0",
    "--handrail.operator.type=none",
    "--env.processor.reset.control_time_s=600",
  ],
  ...SMALL_NETWORKS,
  ...["--policy.online_step_before_learning=1000000", "--policy.online_steps=2000000", "--batch_size=16"],
];

type Vector = readonly [x: number, y: number, z: number];

/** Positions of tool and cube, from the poses that every page receives. */
class Eyes {
  readonly #socket: PageSocket;
  readonly #tips: readonly number[];
  readonly #cube: number;

  constructor(socket: PageSocket, { geoms }: Scene) {
    const bodiesOf = (size: Vector) =>
      geoms.filter(({ size_m }) => size_m.every((m, i) => Math.abs(m - size[i]!) < 0.001)).map(({ body }) => body);
    this.#socket = socket;
    this.#tips = bodiesOf([0.011, 0.004, 0.019]);
    this.#cube = bodiesOf([0.02, 0.02, 0.02])[0]!;
  }

  get frame(): PoseFrame {
    const frame = decodeFrame(this.#socket.frames.at(-1)!);
    if (frame.type !== "poses") throw new Error("this run has no cameras");
    return frame;
  }

  /** Resolves after this many further steps. */
  async after(steps: number): Promise<void> {
    const { episode, step } = this.frame;
    const isLater = () => this.frame.episode !== episode || this.frame.step >= step + steps;
    await expect.poll(isLater, PATIENT).toBe(true);
  }

  /** From the tool to the cube, metres. */
  get toCube(): Vector {
    const { poses } = this.frame;
    const at = (body: number) => [0, 1, 2].map((axis) => poses[body * POSE_SIZE + axis]!) as [number, number, number];
    const tips = this.#tips.map(at);
    const tool = [0, 1, 2].map((axis) => tips.reduce((sum, tip) => sum + tip[axis]! / tips.length, 0));
    const cube = at(this.#cube);
    return [cube[0] - tool[0]!, cube[1] - tool[1]!, cube[2] - tool[2]! + TOOL_BELOW_TIPS_M];
  }
}

const KEYS = [
  ["ArrowUp", "ArrowDown"],
  ["ArrowLeft", "ArrowRight"],
  ["w", "s"],
] as const;
/** A tap is one step of 25 mm: an error of half of that remains. */
const CLOSE_ENOUGH_M = 0.014;
/** Beyond this distance a key is held; a slow browser overshoots by some steps. */
const FAR_M = 0.09;

/** Moves the tool until the cube is at `offset` from it, along the given axes. */
async function reach(page: Page, eyes: Eyes, offset: Vector, axes: readonly (0 | 1 | 2)[]): Promise<void> {
  const errors = () => axes.map((axis) => ({ axis, m: eyes.toCube[axis] - offset[axis] }));
  const keyFor = ({ axis, m }: { axis: 0 | 1 | 2; m: number }) => KEYS[axis][m > 0 ? 0 : 1];
  for (;;) {
    const wrong = errors().filter(({ m }) => Math.abs(m) > CLOSE_ENOUGH_M);
    if (wrong.length === 0) return;
    const far = wrong.find(({ m }) => Math.abs(m) > FAR_M);
    if (far === undefined) {
      for (const error of wrong) await page.keyboard.press(keyFor(error));
      await eyes.after(4); // wait for the arm
    } else {
      await page.keyboard.down(keyFor(far));
      await eyes.after(2);
      await page.keyboard.up(keyFor(far));
      await eyes.after(3);
    }
  }
}

let folder: string;
let child: ChildProcessByStdio<null, Readable, Readable>;
let exited: Promise<unknown>;
let browser: Browser;
let page: Page;
let port: number;

beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "handrail-by-hand-")), "run");
  const args = ["train", "--config", "configs/pick_cube.json", `--output_dir=${folder}`, ...RUN];
  const address = ["--dashboard.port", "0", "--dashboard.input-timeout", String(PATIENT.timeout)]; // for a busy machine
  child = spawn(process.execPath, [HANDRAIL, ...args, ...address], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  exited = once(child, "exit");
  browser = await openBrowser();
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  await vi.waitFor(() => expect(printed).toMatch(/dashboard on http:\/\/127.0.0.1:\d+/), PATIENT);
  const url = /http:\/\/127.0.0.1:(\d+)\//.exec(printed)!;
  port = Number(url[1]);
  page = await browser.newPage({ viewport: { width: 1000, height: 720 } });
  page.setDefaultTimeout(PATIENT.timeout);
  await page.goto(url[0]);
});
afterAll(async () => {
  await browser?.close();
  child?.kill("SIGKILL");
  await exited;
  await rm(join(folder, ".."), { recursive: true, force: true });
});

test("a person takes over in the page, lifts the cube within 30 seconds of the robot's time, and hands back", async () => {
  const socket = await PageSocket.open(port, "Bo");
  const eyes = new Eyes(socket, (await socket.next("welcome")).scene!);
  const outcomes = () =>
    socket.messages
      .flatMap((message) => (message.type === "events" ? message.events : []))
      .flatMap((event) => (event.type === "episode" ? [event] : []));

  await page.getByRole("button", { name: "Take control", exact: true }).click();
  await page.getByText(/^You are in control/).waitFor();
  await page.getByLabel("until handed back").click();
  await page.keyboard.press("i");
  await expect.poll(() => page.getByTestId("steering").textContent(), PATIENT).toBe("You are steering");
  const before = eyes.frame.episode;
  await page.keyboard.press("t"); // start a new episode
  await expect.poll(() => eyes.frame.episode, PATIENT).toBeGreaterThan(before);
  const { episode } = eyes.frame;

  await page.keyboard.press("d"); // open
  await reach(page, eyes, [0, 0, -0.075], [2]);
  await reach(page, eyes, [0, 0, -0.075], [0, 1]);
  await reach(page, eyes, [0, 0, -0.003], [2]);
  await page.keyboard.down("a");
  await eyes.after(5);
  await page.keyboard.up("a");
  await page.keyboard.down("w");
  const mine = () => outcomes().find((event) => event.episode === episode);
  await expect.poll(mine, PATIENT).toBeDefined();
  await page.keyboard.up("w");
  expect(mine()).toMatchObject({ outcome: "success", intervention_steps: mine()!.episode_length });
  expect(mine()!.episode_length / STEPS_PER_S).toBeLessThanOrEqual(LIMIT_S);

  await page.keyboard.press("i");
  await page.getByRole("button", { name: "Release control" }).click();
  await expect.poll(() => page.getByTestId("steering").textContent(), PATIENT).toBe("Policy is acting");
  await socket.close();
});

test("a frozen run is not shown as running; a stop is shown as unconfirmed until it is delivered", async () => {
  await page.getByRole("button", { name: "Take control", exact: true }).click();
  await page.getByText(/^You are in control/).waitFor();
  const socket = await PageSocket.open(port, "Bo");
  child.kill("SIGSTOP");
  await page.getByText(/No response from the robot for \d+ s\./).waitFor();
  expect(await page.getByTestId("steering").textContent()).not.toMatch(/You are steering|Policy is acting/);
  expect(await page.getByRole("button", { name: /^Success/ }).isDisabled()).toBe(true);
  await page.keyboard.press("Enter"); // a label while the robot's state is unknown
  await page.getByText(/only STOP is sent\./).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^STOP sent, not confirmed/ }).waitFor();
  await page.getByText(/STOP was sent but is not confirmed/).waitFor();
  // It stays unconfirmed.
  await page.getByText(/No response from the robot for ([4-9]|\d\d+) s\./).waitFor();
  expect(await page.getByRole("button", { name: /^STOP sent, not confirmed/ }).isVisible()).toBe(true);

  child.kill("SIGCONT");
  await page.getByText("The robot is stopped and holds.").waitFor();
  await expect.poll(() => page.getByText(/not confirmed/).count(), PATIENT).toBe(0);
  const actions = () =>
    socket.messages
      .flatMap((message) => (message.type === "events" ? message.events : []))
      .flatMap((event) => (event.type === "action" ? [event.name] : []));
  await expect.poll(actions, PATIENT).toContain("emergency_stop");
  expect(actions().filter((name) => name !== "emergency_stop" && name !== "control_lost")).toEqual([]);
  await socket.close();
});
