import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openRunLog, RUN_LOG_FILE, RunEvents } from "../../src/metrics/index.ts";
import { HANDRAIL } from "../build.ts";
import { episode } from "../metrics/events.ts";

const DEMONSTRATIONS = new URL("../data/lerobot_datasets/image", import.meta.url);
const run = promisify(execFile);
const plot = (...args: string[]) => run(process.execPath, [HANDRAIL, "plot", ...args]);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-plot-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("draws a run beside its demonstrations and prints what it wrote", async () => {
  const events = new RunEvents();
  const log = await openRunLog(join(folder, RUN_LOG_FILE), events);
  events.emit(episode({ interaction_step: 10 }));
  events.emit(episode({ interaction_step: 20 }));
  await log.close();
  await cp(DEMONSTRATIONS, join(folder, "demonstrations"), { recursive: true });
  const { stdout } = await plot(folder, "--window", "7");
  expect(stdout.trim().split("\n")).toEqual(
    ["learning_curve", "episodic_return", "episode_length"].map((name) => join(folder, "plots", `${name}.svg`)),
  );
  const svg = await readFile(join(folder, "plots", "episode_length.svg"), "utf8");
  expect(svg).toContain("moving over 7 episodes");
  expect(svg).toContain(">demonstrations<");

  const compared = join(folder, "compared.svg");
  expect((await plot(folder, folder, "--compare", compared, "--title", "Seeds")).stdout.trim()).toBe(compared);
  expect(await readFile(compared, "utf8")).toContain(">Seeds</text>");
});

it("says where it looked for a log", async () => {
  await expect(plot(folder)).rejects.toThrow(`the run log ${join(folder, RUN_LOG_FILE)} does not exist`);
});
