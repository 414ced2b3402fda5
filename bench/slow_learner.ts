/**
 * A learner that is too slow for its actors for minutes, on camera images. One actor waits for the learner, as in the
 * presets; the other continues, and its transitions are queued: first in memory, then on disk.
 */
import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunEvent, type RunEventOf, renderFigure } from "../src/metrics/index.ts";
import { pause } from "../src/transport/conformance/harness.ts";
import type { HandrailProcess } from "../test/faults/handrail_process.ts";
import { RunOnTheArm } from "../test/faults/run_on_the_arm.ts";
import { bookRows } from "./book_rows.ts";
import type { Row } from "./measure.ts";
// The last checkpoint belongs to this algorithm.
import "./slow_sac.ts";

/** Two 128 × 128 cameras at 10 Hz are 2 MB of transitions per second. */
const SETTINGS = [
  ...["--handrail.pacing=real_time", "--handrail.operator.type=none", "--policy.online_buffer_capacity=20000"],
  ...["--handrail.updates_per_step.min=0.05", "--handrail.updates_per_step.max=0.05", "--batch_size=4"],
  // Outboxes keep everything until the final comparison.
  "--save_freq=1000000",
];
/** With 0.05 updates per step, the learner takes one of the twenty steps that both actors could do per second. */
const UPDATE_S = 20;
const SAMPLE_INTERVAL_S = 2;
const CATCH_UP_DEADLINE_S = 600;
/** An actor that keeps up has fewer transitions in flight. */
const KEEPS_UP = 30;

/** Resident memory by process, 10⁶ bytes. */
interface Sample {
  readonly timeS: number;
  readonly memoryMB: Readonly<Record<string, number>>;
}

export interface SlowLearnerOptions {
  readonly seconds: number;
  /** No plot is drawn. */
  readonly quick: boolean;
}

export async function slowLearnerRows(
  folder: string,
  port: number,
  { seconds, quick }: SlowLearnerOptions,
): Promise<Row[]> {
  const run = new RunOnTheArm(folder, port, SETTINGS, "pick_cube_pixels.json");
  const slow = join(folder, "slow");
  const slowSAC = ["--algorithm.type=slow_sac", `--algorithm.update_s=${UPDATE_S}`, `--algorithm.slow_while=${slow}`];
  try {
    const learner = await run.learner("--plugin", join(import.meta.dirname, "slow_sac.ts"), ...slowSAC);
    const patient = await run.actor(["--name", "patient"]);
    const eager = await run.actor(["--name", "eager", "--handrail.updates_per_step.min=null"]);
    await run.trainsOnNews(eager.readyAtS);

    const beganS = Date.now() / 1000;
    await writeFile(slow, "");
    const samples = await sample({ learner, patient, eager }, beganS, seconds);
    const events = (await run.log()).filter(({ time_s }) => time_s >= beganS);
    await rm(slow);
    const caughtUpS = await untilCaughtUp(run);
    for (const process of [eager, patient, learner]) await process.stop();

    if (!quick) await draw(samples, events, beganS);
    const name = `learner slow for ${seconds} s`;
    const detail = "until the outbox that grew meanwhile is empty";
    return [
      ...memoryRows(name, samples),
      ...pressureRows(name, events),
      { name: `${name}: everything has arrived after its end in`, value: caughtUpS, unit: "s", detail },
      ...bookRows(name, await run.books()),
    ];
  } finally {
    await run.end();
  }
}

async function sample(
  processes: Readonly<Record<string, HandrailProcess>>,
  beganS: number,
  seconds: number,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (;;) {
    const timeS = Date.now() / 1000 - beganS;
    if (timeS > seconds) return samples;
    const memory = Object.entries(processes).map(([name, { pid }]) => [name, residentBytes(pid) / 1e6]);
    samples.push({ timeS, memoryMB: Object.fromEntries(memory) as Record<string, number> });
    await pause(SAMPLE_INTERVAL_S);
  }
}

function residentBytes(pid: number): number {
  return 1024 * Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }));
}

/** @returns seconds until the learner has everything from the actor that continued. */
async function untilCaughtUp(run: RunOnTheArm): Promise<number> {
  const endedS = Date.now() / 1000;
  while (Date.now() / 1000 < endedS + CATCH_UP_DEADLINE_S) {
    await pause(1);
    const last = ofActor(await run.log(), "eager").at(-1);
    if (last && last.time_s > endedS && last.outbox_records < KEEPS_UP) return last.time_s - endedS;
  }
  throw new Error(`the learner has not caught up within ${CATCH_UP_DEADLINE_S} s`);
}

function memoryRows(name: string, samples: readonly Sample[]): Row[] {
  const seconds = samples.at(-1)!.timeS;
  return Object.keys(samples[0]!.memoryMB).map((process) => {
    const all = samples.map(({ memoryMB }) => memoryMB[process]!);
    const between = (from: number, until: number) =>
      mean(all.filter((_, i) => samples[i]!.timeS >= from * seconds && samples[i]!.timeS <= until * seconds));
    // The memory buffer is full after the first tenth; but the learner stores what it takes.
    const [early, late] = [between(0.1, 0.2), between(0.9, 1)];
    const detail = `second tenth ${early.toFixed(0)} MB, last tenth ${late.toFixed(0)} MB, at most ${Math.max(...all).toFixed(0)} MB`;
    const growth = { value: late - early, unit: "MB", target: "≤ 64" };
    return { name: `${name}: memory of the ${role(process)} grows by`, ...growth, detail };
  });
}

function pressureRows(name: string, events: readonly RunEvent[]): Row[] {
  const [patient, eager] = [ofActor(events, "patient"), ofActor(events, "eager")];
  const waiting = patient.filter(({ state }) => state === "waiting").length / patient.length;
  const most = eager.reduce((a, b) => (a.outbox_records > b.outbox_records ? a : b));
  const spilled = `${(most.outbox_bytes / 1e6).toFixed(0)} MB, of which at most 67 MB in memory`;
  const taken = events.at(-1)!.interaction_step - events[0]!.interaction_step;
  const queued = events.flatMap((event) => (event.type === "learner" ? [event.queue_records] : []));
  return [
    {
      name: `${name}: outbox_records of the ${role("eager")}, at most`,
      value: most.outbox_records,
      unit: "",
      target: "≥ 100",
      detail: spilled,
    },
    {
      name: `${name}: reports in which the ${role("patient")} is waiting`,
      value: 100 * waiting,
      unit: "%",
      target: "≥ 50",
      detail: `the learner has taken ${taken} transitions`,
    },
    { name: `${name}: queue_records of the learner, at most`, value: Math.max(...queued), unit: "", target: "≤ 5256" },
  ];
}

async function draw(samples: readonly Sample[], events: readonly RunEvent[], beganS: number): Promise<void> {
  const memory = Object.keys(samples[0]!.memoryMB).map((process) => ({
    name: role(process),
    points: samples.map(({ timeS, memoryMB }) => ({ x: timeS, y: memoryMB[process]! })),
  }));
  const waiting = ["patient", "eager"].map((actor) => ({
    name: role(actor),
    points: ofActor(events, actor).map(({ time_s, outbox_records }) => ({ x: time_s - beganS, y: outbox_records })),
  }));
  const figure = renderFigure({
    title: "A learner too slow for its actors",
    xLabel: "seconds",
    panels: [
      { yLabel: "resident memory, MB", series: memory },
      { yLabel: "outbox_records", series: waiting },
    ],
  });
  await writeFile(new URL("../docs/results/slow_learner.svg", import.meta.url), figure);
}

function role(process: string): string {
  return { patient: "actor that waits", eager: "actor that goes on" }[process] ?? process;
}

function ofActor(events: readonly RunEvent[], name: string): RunEventOf<"actor">[] {
  return events.filter((event): event is RunEventOf<"actor"> => event.type === "actor" && event.actor === name);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
