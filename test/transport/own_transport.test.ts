/** The transport of docs/transport.md, "Write your own transport", as documented and configured there. */
import { spawnSync } from "node:child_process";
import { lstatSync, mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadPlugins } from "../../src/algorithms/plugins.ts";
import { runDoctor } from "../../src/runs/doctor/run_doctor.ts";
import { describeTransport } from "../../src/transport/conformance/describe_transport.ts";
import { PATIENCE_S, RecordingLearner } from "../../src/transport/conformance/harness.ts";
import { makeTransport } from "../../src/transport/index.ts";
import { smallConfig } from "../actor/acting.ts";
import { HandrailProcess } from "../faults/handrail_process.ts";

const PLUGIN = "./examples/unix_socket_transport.ts";
const NETWORK = { host: "127.0.0.1", port: 0 };

const folder = mkdtempSync(join(tmpdir(), "handrail-socket-"));
beforeAll(() => loadPlugins([PLUGIN]));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (path: string) => makeTransport({ type: "unix_socket", path }, NETWORK);

let sockets = 0;
describeTransport("a custom transport", () => at(join(folder, `${sockets++}.sock`)));

describe("a custom transport", () => {
  test("replaces the socket of a killed learner, but not of a running one, nor any other file", async () => {
    const path = join(folder, "kept.sock");
    const first = await (await at(path)).createLearner(new RecordingLearner().options);
    await expect((await at(path)).createLearner(new RecordingLearner().options)).rejects.toThrow("EADDRINUSE");
    await first.close();

    const listenAndDie =
      "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
    expect(spawnSync(process.execPath, ["-e", listenAndDie, path]).signal).toBe("SIGKILL");
    expect(lstatSync(path).isSocket()).toBe(true);
    await (await (await at(path)).createLearner(new RecordingLearner().options)).close();

    await writeFile(path, "notes");
    await expect((await at(path)).createLearner(new RecordingLearner().options)).rejects.toThrow("EADDRINUSE");
    expect(await readFile(path, "utf8")).toBe("notes");
  });

  test("is what `handrail learner` and `handrail actor` use when the config says so", async () => {
    const path = join(folder, "run.sock");
    const config = await smallConfig([
      ...["--handrail.pacing=as_fast_as_possible", "--policy.online_step_before_learning=20"],
      ...["--handrail.demonstrations.episodes=0", "--policy.online_steps=40"],
    ]);
    const file = join(folder, "run.json");
    const transport = { type: "unix_socket", path };
    await writeFile(file, JSON.stringify({ ...config, handrail: { ...config.handrail, transport } }));
    const own = (side: string) => ["--config", file, "--plugin", PLUGIN, `--output_dir=${join(folder, side)}`];

    const { findings } = await runDoctor(file, {});
    expect(findings.map(({ what }) => what)).toContain(`learner and actors meet at ${path} (unix_socket)`);

    const learner = await HandrailProcess.learner(...own("learner"));
    try {
      expect(learner.output).toContain(`learner on ${path}`);
      const actor = await HandrailProcess.actor(...own("actor"));
      expect(actor.output).toContain(`acts for the learner at ${path}`);
      expect(await actor.ended()).toBe(0);
      expect(actor.output).toContain("all steps are taken: 40 steps");
      expect(actor.output).not.toContain("have not reached the learner");
      await learner.prints("the run has all its steps", PATIENCE_S);
      expect(await learner.ended()).toBe(0);
    } finally {
      await learner.kill();
    }
  });
});
