/** A person at an actor's own dashboard, with the learner in another process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { GrpcTransport } from "../../src/transport/grpc/grpc_transport.ts";
import { smallConfig } from "../actor/acting.ts";
import { HANDRAIL } from "../build.ts";
import { startLearner } from "../learning/running.ts";
import { freePort } from "../transport/free_port.ts";
import { PATIENT, until } from "../until.ts";
import { PageSocket } from "./page_socket.ts";

test("a person takes over at handrail actor --dashboard in real time, and the learner receives interventions, label and undo", async () => {
  const folder = await mkdtemp(join(tmpdir(), "handrail-actor-page-"));
  const port = await freePort();
  const config = await smallConfig([
    ...[`--output_dir=${folder}`, `--policy.actor_learner_config.learner_port=${port}`, "--env.fps=20"],
    ...["--handrail.pacing=as_fast_as_possible", "--policy.online_step_before_learning=100000"],
    ...["--policy.online_steps=1000000", "--handrail.operator.type=none"],
  ]);
  const { learner, events } = await startLearner(config, {}, new GrpcTransport({ host: "127.0.0.1", port }));
  let actor: ChildProcess | undefined;
  try {
    const args = ["actor", "--config", join(folder, "train_config.json"), "--name", "left", "--dashboard"];
    const address = ["--dashboard.port", "0", "--dashboard.input-timeout", String(PATIENT.timeout)];
    actor = spawn(process.execPath, [HANDRAIL, ...args, ...address]);
    let printed = "";
    for (const stream of [actor.stdout!, actor.stderr!]) stream.on("data", (text) => (printed += text));
    await vi.waitFor(() => expect(printed).toMatch(/127\.0\.0\.1:\d+\//), PATIENT);
    const page = await PageSocket.open(Number(/127\.0\.0\.1:(\d+)\//.exec(printed)![1]));
    expect((await page.next("welcome")).capabilities).toEqual(
      expect.arrayContaining(["drive", "stop", "labels", "pacing"]),
    );

    await page.drive([1, 0, 0]);
    await page.until("settings", ({ pacing }) => pacing?.mode === "real_time");
    await page.until("driver", ({ driver }) => driver.kind === "person" && driver.name === "Ada");
    const steps = () =>
      page.messages.flatMap((message) => (message.type === "heartbeat" ? [message.interaction_step] : []));
    const before = steps().at(-1) ?? 0;
    const startMs = performance.now();
    await vi.waitFor(() => expect(steps().at(-1)! - before).toBeGreaterThan(20), PATIENT);
    expect((performance.now() - startMs) / 1000).toBeGreaterThan(0.7);

    page.send({ type: "label", label: "success" });
    const solved = () => events("episode").find(({ outcome, correction }) => outcome === "success" && !correction);
    await until(() => solved() !== undefined, "the learner has the label");
    expect(solved()!.intervention_steps).toBeGreaterThan(10);
    page.send({ type: "command", id: 1, command: { name: "undo_label" } });
    expect((await page.next("result")).message).toContain("Undid the success label");
    await until(
      () => events("episode").some(({ correction }) => correction === true),
      "the label is undone there, too",
    );
    page.send({ type: "stop", sequence: 1 });
    await page.next("stop_confirmed");
    actor.kill("SIGTERM");
    await once(actor, "exit");
  } finally {
    actor?.kill("SIGKILL");
    await learner.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
