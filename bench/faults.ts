/**
 * Faults in a run of separate processes: repeated kills, a dead network, a learner that is too slow for its actors for
 * minutes. Measures losses, recovery times, waiting and memory.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../src/tensor/random.ts";
import { pause } from "../src/transport/conformance/harness.ts";
import build from "../test/build.ts";
import { RunOnTheArm } from "../test/faults/run_on_the_arm.ts";
import { freePort } from "../test/transport/free_port.ts";
import { TcpProxy } from "../test/transport/tcp_proxy.ts";
import { bookRows } from "./book_rows.ts";
import type { BenchOptions, Row } from "./measure.ts";
import { slowLearnerRows } from "./slow_learner.ts";

export async function faultRows({ minutes, quick }: Pick<BenchOptions, "minutes" | "quick">): Promise<Row[]> {
  await build();
  return [
    ...(await inFolder((folder, port) => killRows(folder, port, quick ? 1 : 5))),
    ...(await inFolder((folder, port) => blackHoleRows(folder, port, quick ? 8 : 30))),
    ...(await inFolder((folder, port) => slowLearnerRows(folder, port, { seconds: quick ? 40 : 60 * minutes, quick }))),
  ];
}

async function inFolder(use: (folder: string, port: number) => Promise<Row[]>): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "handrail-bench-"));
  try {
    return await use(folder, await freePort());
  } finally {
    await rm(folder, { recursive: true, maxRetries: 10 });
  }
}

async function killRows(folder: string, port: number, killsOfEach: number): Promise<Row[]> {
  const run = new RunOnTheArm(folder, port);
  try {
    const [first, second] = await Promise.all([run.learner(), run.actor()]);
    await run.trainsOnNews(first.readyAtS);
    const killed = await run.killInTurn({ learner: first, actor: second }, killsOfEach, new Random(11));
    await killed.actor.stop();
    await killed.learner.stop();
    const name = `kill -9 of either, ${2 * killsOfEach} times`;
    const delaysS = killed.delaysS.toSorted((a, b) => a - b);
    const detail = delaysS.map((delayS) => delayS.toFixed(1)).join(", ");
    return [
      ...bookRows(name, await run.books()),
      { name: `${name}: updates on new data go on after`, value: delaysS.at(-1)!, unit: "s", target: "≤ 5", detail },
    ];
  } finally {
    await run.end();
  }
}

/** 50 transitions per second, so that plenty are under way when the network dies. */
const BLACK_HOLE = ["--handrail.pacing=real_time", "--env.fps=50", "--handrail.updates_per_step.min=null"];

async function blackHoleRows(folder: string, port: number, holeS: number): Promise<Row[]> {
  const run = new RunOnTheArm(folder, port, BLACK_HOLE);
  const proxy = await TcpProxy.start(port);
  try {
    const learner = await run.learner();
    const actor = await run.actor([], proxy.port);
    await run.trainsOnNews(learner.readyAtS);
    proxy.blackHole = true;
    await pause(holeS);
    const held = actor.output.includes("the robot holds its position");
    const endedS = Date.now() / 1000;
    proxy.blackHole = false;
    const goesOnS = (await run.trainsOnNews(endedS)) - endedS;
    await pause(5);
    await actor.stop();
    await learner.stop();
    const name = `network dead for ${holeS} s`;
    const detail = held ? "the watchdog held the robot meanwhile" : "the robot went on meanwhile";
    return [
      ...bookRows(name, await run.books()),
      { name: `${name}: updates on new data go on after`, value: goesOnS, unit: "s", target: "≤ 5", detail },
    ];
  } finally {
    await run.end();
    await proxy.close();
  }
}
