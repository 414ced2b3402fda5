/** `kill -9` of either side at random moments: every accepted transition is taken exactly once. Real processes. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Random } from "../../src/tensor/random.ts";
import { eventually, pause, range } from "../../src/transport/conformance/harness.ts";
import { Stopwatch } from "../dashboard/stopwatch.ts";
import { freePort } from "./free_port.ts";
import { TestProcess } from "./test_process.ts";

const KILLS = 10;
let folder: string;
let port: number;
let running: TestProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "handrail-kill-"));
  port = await freePort();
  running = [];
});
afterEach(async () => {
  for (const each of running) await each.kill();
  rmSync(folder, { recursive: true });
});

async function start(script: string, ...args: (string | number)[]): Promise<TestProcess> {
  const started = await TestProcess.start(script, port, ...args);
  running.push(started);
  return started;
}
const startActor = (periodMs: number) => start("actor_process", join(folder, "outbox"), periodMs);
const startLearner = (mode: string) => start("learner_process", folder, mode, 3);

/** The sequences that the learner holds, in its order. */
function taken(mode: string): number[] {
  const path = join(folder, mode === "journal" ? "taken.txt" : "checkpoint.json");
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  const lines: string[] = mode === "journal" ? text.split("\n").filter(Boolean) : JSON.parse(text).lines;
  return lines.map((line) => Number(line.split(" ")[1]));
}
const sequences = (actor: TestProcess) => actor.lines.filter((line) => /^\d+$/.test(line)).map(Number);

/** Stops the actor properly and compares both sides. */
async function settle(actor: TestProcess, mode: string, accepted: number): Promise<void> {
  await actor.stop();
  expect(actor.errors).not.toContain("failed:");
  expect(actor.lines.at(-1)).toMatch(/^done \S+ 0$/);
  const last = Math.max(accepted, ...sequences(actor));
  await eventually("the last transition", () => taken(mode).at(-1)! >= last);
  expect(taken(mode)).toEqual(range(1, taken(mode).length));
}

describe("kill -9", () => {
  it.each(["journal", "checkpoint"])("of the learner (%s), ten times: nothing lost, nothing twice", async (mode) => {
    const random = new Random(mode.length);
    let learner = await startLearner(mode);
    const actor = await startActor(1);
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(random.uniform(0.05, 0.4));
      await learner.kill();
      const before = taken(mode).length;
      learner = await startLearner(mode);
      const stopwatch = new Stopwatch();
      await eventually("new transitions", () => taken(mode).length > before);
      expect(stopwatch.stop()).toBeLessThan(5000);
    }
    await settle(actor, mode, 0);
  });

  it("of the actor, ten times: no accepted record is lost, none arrives twice", async () => {
    const random = new Random(3);
    await startLearner("journal");
    let accepted = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const actor = await startActor(0);
      await pause(random.uniform(0.02, 0.3));
      await actor.kill();
      accepted = Math.max(accepted, ...sequences(actor));
    }
    expect(accepted).toBeGreaterThan(KILLS);
    await settle(await startActor(1), "journal", accepted);
  });

  it("of both, in turns, while the learner is down half of the time", async () => {
    const random = new Random(4);
    let accepted = 0;
    for (let round = 0; round < 3; round++) {
      const actor = await startActor(0);
      const learner = await startLearner("checkpoint");
      await pause(random.uniform(0.05, 0.4));
      await (round % 2 === 0 ? learner : actor).kill();
      await pause(random.uniform(0.05, 0.2));
      await actor.kill();
      await learner.kill();
      accepted = Math.max(accepted, ...sequences(actor));
    }
    await startLearner("checkpoint");
    await settle(await startActor(1), "checkpoint", accepted);
  });
});
