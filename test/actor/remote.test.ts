/** An actor in a process of its own, over gRPC: killed, stopped, refused. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GrpcTransport } from "../../src/transport/grpc/grpc_transport.ts";
import { HANDRAIL } from "../build.ts";
import { until } from "../until.ts";
import { NotingLearner, otherPolicy, SMALL, smallConfig } from "./acting.ts";

const TOKEN = "a-token-of-more-than-16-characters";

let folder = "";
let learner: NotingLearner;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-actor-"));
  const config = await smallConfig();
  learner = new NotingLearner(config, new GrpcTransport({ host: "127.0.0.1", port: 0, token: TOKEN }));
  await learner.start();
  learner.publish(otherPolicy(config, 1));
});
afterEach(async () => {
  await learner.endpoint.close();
  await rm(folder, { recursive: true, force: true });
});

/** `handrail actor` with small networks against the learner of this test. */
function actor(overrides: readonly string[] = [], token = TOKEN) {
  const port = learner.endpoint.address.split(":").at(-1);
  const child = spawn(
    process.execPath,
    [
      ...[HANDRAIL, "actor", "--config", "configs/pick_cube.json"],
      ...[`--output_dir=${folder}`, `--policy.actor_learner_config.learner_port=${port}`, ...SMALL, ...overrides],
    ],
    { env: { ...process.env, HANDRAIL_TOKEN: token }, stdio: ["ignore", "ignore", "pipe"] },
  );
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const exited = once(child, "exit").then(([code]) => ({ code: code as number | null, errors }));
  return { child, exited };
}

test("an actor that is killed loses nothing and sends nothing twice: its successor continues", async () => {
  for (const wanted of [20, 60]) {
    const { child, exited } = actor();
    await until(() => learner.transitions.length >= wanted, `${wanted} transitions`);
    child.kill("SIGKILL");
    await exited;
  }
  const { exited } = actor(["--policy.online_steps=10"]);
  const { code, errors } = await exited;
  expect(errors).toContain("all steps are taken: 10 steps");
  expect(code).toBe(0);
  const sequences = learner.transitions.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, i) => i + 1));
});

test("SIGTERM ends it after the present step, with everything sent", async () => {
  const { child, exited } = actor(["--operator", "scripted"]);
  await until(() => learner.transitions.length >= 20, "20 transitions");
  child.kill("SIGTERM");
  const { code, errors } = await exited;
  const [, steps] = /stopped: (\d+) steps/.exec(errors) ?? [];
  expect(learner.transitions).toHaveLength(Number(steps));
  expect(errors).not.toContain("have not reached the learner");
  expect(code).toBe(0);
});

test("a wrong token ends it with the reason", async () => {
  const { code, errors } = await actor([], "another-token-of-16-characters").exited;
  expect(errors).toContain("wrong token");
  expect(code).toBe(1);
  expect(learner.transitions).toHaveLength(0);
});
