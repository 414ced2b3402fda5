import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRunLog, type RunEvent, RunEvents, readRunLog, type SkippedLine } from "../../src/metrics/index.ts";
import { program } from "../build.ts";
import { PATIENT } from "../until.ts";
import {
  action,
  actor,
  checkpoint,
  episode,
  evaluation,
  finished,
  learner,
  notice,
  started,
  training,
} from "./events.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-run-log-"));
  path = join(folder, "outputs", "run.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(skipped: SkippedLine[] = []): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of readRunLog(path, (line) => skipped.push(line))) events.push(event);
  return events;
}

async function log(...written: RunEvent[]): Promise<void> {
  const events = new RunEvents();
  const file = await openRunLog(path, events);
  for (const event of written) events.emit(event);
  await file.close();
}

describe("a run log", () => {
  it("returns every kind of event, one per line", async () => {
    const written = [
      ...[
        started(),
        episode({ correction: true }),
        actor(),
        training({ metrics: { entropy: -1.5, q_mean: Number.NaN } }),
      ],
      ...[learner(), evaluation(), checkpoint(), action(), notice({ message: "Umlauts and ∞\nare fine" }), finished()],
    ];
    await log(...written);
    expect(await read()).toEqual(written);
    expect((await readFile(path, "utf8")).trimEnd().split("\n")).toHaveLength(written.length);
  });

  it("is continued by a resumed run", async () => {
    await log(started());
    await log(started({ resumed_from: "checkpoints/000020" }));
    expect(await read()).toHaveLength(2);
  });

  it("loses its torn last line when a resumed run opens it, and nothing else", async () => {
    await log(episode({ episode: 1 }), episode({ episode: 2 }));
    // Longer than the chunk read when looking for the line's beginning.
    await appendFile(path, `{"type":"notice","time_s":1,"message":"${"ä".repeat(100_000)}`);
    await log(episode({ episode: 3 }));
    expect(await read()).toEqual([1, 2, 3].map((number) => episode({ episode: number })));
  });

  it("keeps a complete but damaged last line, instead of treating it as torn", async () => {
    await log(episode(), episode());
    const [first, second] = (await readFile(path, "utf8")).trim().split("\n");
    for (const damaged of [`${first}#${second}`, second!.replace("{", "#"), second!.replace('"', "'")]) {
      await writeFile(path, `${first}\n${damaged}`);
      await log(episode());
      expect((await readFile(path, "utf8")).split("\n").slice(0, 2)).toEqual([first, damaged]);
      expect(await read()).toHaveLength(2);
    }
  });

  it("keeps a last line that only lacks its line break", async () => {
    await log(episode({ episode: 1 }));
    const content = await readFile(path, "utf8");
    await writeFile(path, content.trimEnd());
    await log(episode({ episode: 2 }));
    expect(await read()).toHaveLength(2);
  });

  it("reports lost events in the run, and continues", async () => {
    const events = new RunEvents();
    const notices: string[] = [];
    events.subscribe((event) => event.type === "notice" && notices.push(event.message));
    const file = await openRunLog(path, events, { maximumBufferedBytes: 600, flushIntervalS: 60 });
    for (let i = 0; i < 10; i++) events.emit(training({ step: i }));
    expect(file.lostEvents).toBeGreaterThan(0);
    await file.flush();
    events.emit(training({ step: 10 }));
    await file.close();
    expect(notices).toEqual([
      expect.stringContaining("its buffer is full"),
      `${file.lostEvents} events are missing in ${path}`,
    ]);
    expect(await read()).toContainEqual(expect.objectContaining({ type: "notice", message: notices[1] }));
  });

  it.runIf(existsSync("/dev/full"))("notifies the run of a full disk, without stopping it", async () => {
    const events = new RunEvents();
    const notices: string[] = [];
    events.subscribe((event) => event.type === "notice" && notices.push(event.message));
    const file = await openRunLog("/dev/full", events, { flushIntervalS: 0.01 });
    events.emit(episode());
    await expect.poll(() => notices, PATIENT).toEqual([expect.stringContaining("cannot write /dev/full: ENOSPC")]);
    await expect(file.close()).rejects.toThrow("ENOSPC");
  });
});

describe("reading a run log", () => {
  it("skips and reports newer types and a torn last line", async () => {
    await log(episode());
    await appendFile(path, '{"type":"battery","time_s":1}\n{"type":"episo');
    const skipped: SkippedLine[] = [];
    expect(await read(skipped)).toHaveLength(1);
    expect(skipped).toEqual([
      { line: 2, reason: "unknown type", type: "battery" },
      { line: 3, reason: "torn", type: "" },
    ]);
  });

  it("skips and reports invalid events, with the reason", async () => {
    await log(episode());
    await appendFile(path, '{"type":"checkpoint","time_s":1}\n');
    await log(episode());
    const skipped: SkippedLine[] = [];
    expect(await read(skipped)).toHaveLength(2);
    expect(skipped).toEqual([
      { line: 2, reason: "damaged", type: "", message: expect.stringContaining("not an event of a run") },
    ]);
  });
});

describe("kill -9", () => {
  it("preserves every flushed event, and the next process continues the log", async () => {
    const script = program("metrics/processes/log_until_killed");
    let next = 0;
    for (const afterFlushes of [2, 37]) {
      const child = spawn(process.execPath, [script, path, String(next)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let printed = "";
      child.stdout.on("data", (text) => {
        printed += text;
        if (printed.split("\n").length > afterFlushes) child.kill("SIGKILL");
      });
      await new Promise((resolve) => child.once("close", resolve));
      const flushed = Number(printed.trimEnd().split("\n").at(-1));
      const steps = (await read()).map((event) => (event.type === "training" ? event.step : -1));
      expect(steps.length).toBeGreaterThan(flushed);
      expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i));
      next = steps.length;
    }
  });
});
