/** Learner and actors as processes of their own, on the simulated arm: killed, cut off, and many at once. */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Random } from "../../src/tensor/random.ts";
import { pause, range } from "../../src/transport/conformance/harness.ts";
import { freePort } from "../transport/free_port.ts";
import { TcpProxy } from "../transport/tcp_proxy.ts";
import { RunOnTheArm } from "./run_on_the_arm.ts";

const KILLS_OF_EACH = 5;
/** From a process's readiness to updates on new transitions; longer where others want the processors, too. */
const GOES_ON_WITHIN_S = 5;
const patience = () => Math.max(1, (2 * loadavg()[0]!) / availableParallelism());

let folder: string;
let port: number;
let run: RunOnTheArm;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-faults-"));
  port = await freePort();
});
afterEach(async () => {
  await run.end();
  await rm(folder, { recursive: true });
});

/** Zero lost, zero doubled, every actor's in its order. @returns how many there are, by session. */
async function expectEveryTransitionOnce(): Promise<number[]> {
  const { accepted, stored, marks, offlineRows, interventions } = await run.books();
  expect(stored).toEqual(accepted);
  const counts = Object.entries(accepted).map(([session, { length }]) => [session, length]);
  expect(marks).toEqual(Object.fromEntries(counts));
  expect(offlineRows).toBe(interventions);
  for (const sequences of Object.values(stored)) expect(sequences).toEqual(range(1, sequences.length));
  return Object.values(stored).map(({ length }) => length);
}

it("kill -9 of either, ten times: nothing is lost or doubled, and training continues", async () => {
  const random = new Random(11);
  run = new RunOnTheArm(folder, port);
  const [first, second] = await Promise.all([run.learner(), run.actor()]);
  await run.trainsOnNews(first.readyAtS);
  const { learner, actor, delaysS } = await run.killInTurn({ learner: first, actor: second }, KILLS_OF_EACH, random);
  console.log(`updates go on after ${delaysS.map((delayS) => delayS.toFixed(1)).join(", ")} s`);
  expect(Math.max(...delaysS)).toBeLessThan(GOES_ON_WITHIN_S * patience());

  expect(await actor.stop()).toBe(0);
  expect(actor.output).not.toContain("have not reached the learner");
  expect(await learner.stop()).toBe(0);
  const [transitions] = await expectEveryTransitionOnce();
  expect(transitions).toBeGreaterThan(100);
  const resumed = (await run.log()).filter(({ type }) => type === "run_started");
  expect(resumed).toHaveLength(1 + KILLS_OF_EACH);
});

it("a network that swallows everything: the robot holds and continues afterwards, and nothing is lost or doubled", async () => {
  // Without a limit of updates nothing but the watchdog keeps the robot from driving on.
  run = new RunOnTheArm(folder, port, [
    "--handrail.updates_per_step.min=null",
    "--handrail.pacing=real_time",
    "--handrail.watchdog.max_disconnected_s=1",
  ]);
  const learner = await run.learner();
  const proxy = await TcpProxy.start(port);
  const actor = await run.actor([], proxy.port);
  await run.trainsOnNews(learner.readyAtS);

  proxy.blackHole = true;
  await actor.prints("the robot holds its position");
  await pause(0.5);
  const held = await run.outboxBytes();
  await pause(3);
  expect(await run.outboxBytes(), "the robot moved").toBe(held);
  expect(actor.output).not.toContain("the learner is back");
  const backAtS = Date.now() / 1000;
  proxy.blackHole = false;
  await actor.prints("the learner is back: the robot moves again");
  const delayS = (await run.trainsOnNews(backAtS)) - backAtS;
  console.log(`updates go on ${delayS.toFixed(1)} s after the network is back`);
  expect(delayS).toBeLessThan(GOES_ON_WITHIN_S * patience());

  expect(await actor.stop()).toBe(0);
  expect(await learner.stop()).toBe(0);
  await proxy.close();
  await expectEveryTransitionOnce();
  expect(await run.outboxBytes()).toBeGreaterThan(held);
});

it("eight actors at once: each one's transitions once and in order", async () => {
  const [actors, steps] = [8, 50];
  run = new RunOnTheArm(folder, port);
  const learner = await run.learner();
  const started = await Promise.all(
    Array.from({ length: actors }, (_, i) => run.actor(["--name", `arm-${i}`, `--policy.online_steps=${steps}`])),
  );
  for (const actor of started) {
    expect(await actor.ended(), actor.output).toBe(0);
    expect(actor.output).toContain(`all steps are taken: ${steps} steps`);
    expect(actor.output).not.toContain("have not reached the learner");
  }
  expect(await learner.stop()).toBe(0);
  expect(await expectEveryTransitionOnce()).toEqual(Array(actors).fill(steps));
});
