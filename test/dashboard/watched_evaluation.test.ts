/** `handrail eval --dashboard`: a person watches an evaluation, stops it and releases the stop. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { HANDRAIL } from "../build.ts";
import { pickCube, savePolicy } from "../evaluation/support.ts";
import { until } from "../until.ts";
import { PageSocket } from "./page_socket.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-watched-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("shows the arm in real time, holds it on a stop, and reports every episode", async () => {
  await savePolicy(folder, await pickCube("--env.processor.reset.control_time_s=1"));
  const args = [
    "eval",
    "--policy",
    folder,
    "--episodes",
    "2",
    "--dashboard",
    "--dashboard.port",
    "0",
    "--dashboard.input-timeout",
    "60000",
  ];
  const command = spawn(process.execPath, [HANDRAIL, ...args]);
  const ended = once(command, "close");
  let output = "";
  for (const stream of [command.stdout, command.stderr]) stream.on("data", (text) => (output += text));
  try {
    await until(() => /dashboard on \S+:(\d+)/.test(output) || command.exitCode !== null, "the dashboard's address");
    const page = await PageSocket.open(Number(/dashboard on \S+:(\d+)/.exec(output)![1]));
    const welcome = await page.next("welcome");
    expect(welcome.scene?.geoms.length).toBeGreaterThan(5);
    page.send({ type: "stop" });
    await page.until("events", ({ events }) =>
      events.some((event) => event.type === "actor" && event.state === "holding"),
    );
    page.send({ type: "take_control" });
    await page.until("control", ({ control }) => control.holder !== null);
    page.send({ type: "release_stop" });
    const isEpisode = ({ events }: { events: readonly { type: string }[] }) =>
      events.some(({ type }) => type === "episode");
    await page.until("events", isEpisode);
    const [code] = await ended;
    expect(output).toContain("episodes     2 from seed");
    expect(code).toBe(0);
    await page.close().catch(() => {});
  } finally {
    command.kill("SIGKILL");
  }
});
