/** Full disks, flipped bits, deleted folders: accepted records are kept or named. Real processes. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, numbered, PATIENCE_S, RecordingLearner, range } from "../../src/transport/conformance/harness.ts";
import {
  GrpcTransport,
  InProcessTransport,
  type LearnerEndpoint,
  type TransportEvent,
} from "../../src/transport/index.ts";
import { freePort } from "./free_port.ts";
import { TestProcess } from "./test_process.ts";

let folder: string;
let learner: LearnerEndpoint | undefined;
let running: TestProcess | undefined;
let mounted: string | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "handrail-outbox-"));
});
afterEach(async () => {
  await running?.kill();
  await learner?.close();
  learner = undefined;
  running = undefined;
  if (mounted !== undefined) execFileSync("umount", [mounted]);
  mounted = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const outbox = () => join(folder, "outbox");
const journals = () => readdirSync(outbox()).filter((name) => /^transitions-\d+\.journal$/.test(name));
const accepted = (actor: TestProcess) => actor.lines.filter((line) => /^\d+$/.test(line)).map(Number);

async function serve(recording: RecordingLearner, port = 0): Promise<number> {
  learner = await new GrpcTransport({ host: "127.0.0.1", port }).createLearner(recording.options);
  return Number(learner.address.split(":")[1]);
}

/** Limits the size of that process's files, like a full disk; `free` lifts the limit. */
function limited(kibibytes: number) {
  return { prefix: ["bash", "-c", `ulimit -S -f ${kibibytes}; exec "$@"`, "bash"] };
}
const free = (process: TestProcess) => execFileSync("prlimit", [`--pid=${process.pid}`, "--fsize=unlimited"]);

function hasPrlimit(): boolean {
  try {
    execFileSync("prlimit", ["--version"]);
    return true;
  } catch {
    return false;
  }
}

/** A mounted disk of one mebibyte, or the reason why none can be mounted. */
function mountSmallDisk(at: string): string | undefined {
  mkdirSync(at);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", at], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return `no small disk can be mounted here: ${(error as Error).message}`;
  }
}

it("names the file in place of the outbox", async () => {
  writeFileSync(join(folder, "file"), "");
  const directory = join(folder, "file", "outbox");
  const opening = new InProcessTransport().createActor({ outbox: { directory } });
  await expect(opening).rejects.toThrow(`${join(folder, "file")} is a file, and a folder is needed`);
});

describe("an actor on a disk that is really full", () => {
  it("waits, reports that no space is left, and continues when some is free", async (context) => {
    const disk = join(folder, "disk");
    const reason = mountSmallDisk(disk);
    if (reason !== undefined) context.skip(reason);
    mounted = disk;
    writeFileSync(join(disk, "filler"), Buffer.alloc(600 * 1024));
    const recording = new RecordingLearner();
    const port = await serve(recording);
    running = await TestProcess.start("actor_process", { args: [port, join(disk, "outbox"), 1] });
    const actor = running;
    await eventually("the notice", () => actor.errors.includes("outbox-blocked"));
    expect(actor.errors).toMatch(/accepts no transitions: cannot write the outbox journal: .*(ENOSPC|wrote \d+ of)/);
    const held = accepted(actor).at(-1)!;
    await eventually("all of them at the learner", () => recording.transitions.length === held);
    rmSync(join(disk, "filler"));
    await eventually("more transitions", () => accepted(actor).at(-1)! > held + 20);
    await actor.stop();
    expect(actor.lines.at(-1)).toMatch(/^done \S+ 0$/);
    expect(recording.numbers()).toEqual(range(0, recording.transitions.length - 1));
  });
});

describe.skipIf(!hasPrlimit())("an actor whose disk is full (needs Linux\u2019s prlimit)", () => {
  it("waits, reports why, and continues when space is free: no accepted record is lost or doubled", async () => {
    const recording = new RecordingLearner();
    const port = await serve(recording);
    running = await TestProcess.start("actor_process", { ...limited(400), args: [port, outbox(), 1] });
    const actor = running;
    await eventually("the notice", () => actor.errors.includes("outbox-blocked"));
    expect(actor.errors).toMatch(/accepts no transitions: cannot write the outbox journal: .*(EFBIG|wrote \d+ of)/);
    const held = accepted(actor).at(-1)!;
    await eventually("all of them at the learner", () => recording.transitions.length === held);
    expect(accepted(actor).at(-1)).toBe(held);
    free(actor);
    await eventually("more transitions", () => accepted(actor).at(-1)! > held + 20);
    expect(actor.errors).toContain("outbox-writable");
    await actor.stop();
    expect(actor.lines.at(-1)).toMatch(/^done \S+ 0$/);
    expect(recording.numbers()).toEqual(range(0, recording.transitions.length - 1));
    expect(recording.transitions.length).toBeGreaterThanOrEqual(accepted(actor).at(-1)!);
  });

  it("detects a full disk before it accepts a record", async () => {
    const port = await freePort();
    running = await TestProcess.start("actor_process", { ...limited(16), args: [port, outbox(), 1], waits: false });
    const actor = running;
    await eventually("the notice", () => actor.errors.includes("outbox-blocked"));
    expect(accepted(actor)).toEqual([]);
    free(actor);
    await eventually("transitions", () => accepted(actor).length > 3);
  });
});

describe("a damaged outbox", () => {
  it("loses the damaged record and none of the 249 others, and reports it on both sides", async () => {
    const port = await freePort();
    running = await TestProcess.start("actor_process", port, outbox(), 0);
    const first = running;
    await eventually("250 transitions", () => accepted(first).length >= 250);
    await first.kill();
    const count = accepted(first).at(-1)!;
    const path = join(outbox(), journals().at(-1)!);
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 3)]! ^= 0x10;
    writeFileSync(path, bytes);
    const recording = new RecordingLearner();
    await serve(recording, port);
    const events: TransportEvent[] = [];
    const actor = await new GrpcTransport({ host: "127.0.0.1", port }).createActor({
      outbox: { directory: outbox() },
      onEvent: (event) => void events.push(event),
    });
    await actor.flush(PATIENCE_S);
    const [damage] = events.filter(({ code }) => code === "outbox-damaged");
    expect(damage).toMatchObject({
      level: "error",
      message: expect.stringMatching(/1 of \d+ records could not be read/),
    });
    const lost = Number(/\(record (\d+)\)/.exec(damage!.message)![1]);
    expect(recording.numbers()).toEqual(range(0, recording.transitions.length).filter((n) => n !== lost - 1));
    expect(recording.transitions.length + 1).toBeGreaterThanOrEqual(count);
    expect(actor.metrics().transitions.lost).toBe(1);
    expect(learner!.metrics().transitions.missing).toBe(1);
    expect(recording.events.filter(({ code }) => code === "records-missing")).toHaveLength(1);
    expect(readdirSync(outbox()).filter((name) => name.includes(".damaged-"))).toHaveLength(1);
    await actor.close();
  });
});

describe("an outbox that is deleted in mid-run", () => {
  it("is recreated with the content of its newest file, and an event reports it", async () => {
    const recording = new RecordingLearner();
    const port = await freePort();
    const transport = new GrpcTransport({ host: "127.0.0.1", port });
    const events: TransportEvent[] = [];
    const onEvent = (event: TransportEvent) => void events.push(event);
    const actor = await transport.createActor({ outbox: { directory: outbox() }, onEvent });
    let sent = 0;
    for (; sent < 20; sent++) await actor.sendTransition(numbered(sent));
    rmSync(outbox(), { recursive: true });
    await eventually("the notice", () => {
      void actor.sendTransition(numbered(sent++));
      return events.some(({ code }) => code === "outbox-damaged");
    });
    await actor.close(0);
    await serve(recording, port);
    const again = await transport.createActor({ outbox: { directory: outbox() } });
    expect(again.session).toBe(actor.session);
    await again.flush(PATIENCE_S);
    expect(recording.numbers()).toEqual(range(0, sent - 1));
    await again.close();
  });
});
