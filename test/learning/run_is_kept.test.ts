/** A learner that is refused leaves the run unchanged, to the last byte. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RunEvents } from "../../src/metrics/run_events.ts";
import { runLearner } from "../../src/runs/run_learner.ts";
import { DatasetSchema, type TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { runSettingsOf } from "../../src/settings/run_settings.ts";
import { handrail } from "../cli/run_cli.ts";
import { freePort } from "../transport/free_port.ts";
import { smallConfig } from "./small_learner.ts";

let folder: string;
let config: TrainRLServerPipelineConfig;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-kept-"));
  const actor_learner_config = { learner_port: await freePort() };
  config = smallConfig(join(folder, "run"), { policy: { actor_learner_config } });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Learns until it is ready, then until `during` is over. */
async function learn(
  given: TrainRLServerPipelineConfig,
  during: () => Promise<unknown> = async () => {},
  onNotice: (message: string) => void = () => {},
): Promise<void> {
  const stop = new AbortController();
  const events = new RunEvents();
  events.subscribe((event) => event.type === "notice" && onNotice(event.message));
  let done: Promise<unknown> = Promise.resolve();
  await runLearner({
    ...{ config: given, events, signal: stop.signal },
    onReady: () => {
      done = during().finally(() => stop.abort());
      done.catch(() => {});
    },
  });
  await done;
}

async function contents(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile())
      found[path] = createHash("sha256")
        .update(await readFile(path))
        .digest("hex");
    else found[path] = entry.isSymbolicLink() ? "link" : "folder";
  }
  return found;
}

it("a resumption that is refused changes nothing, so that the plain one still works", async () => {
  await learn(config);
  const before = await contents();
  const resumed = { ...config, resume: true };
  const others = [
    smallConfig(config.output_dir!, { ...resumed, policy: { ...config.policy, latent_dim: 16 } }),
    smallConfig(config.output_dir!, { ...resumed, algorithm: { ...config.algorithm, discount: 0.5 } }),
    { ...resumed, dataset: DatasetSchema.parse({ repo_id: "another/dataset" }) },
  ];
  for (const other of others) {
    await expect(learn(other)).rejects.toThrow(/in the checkpoint, .* in the config/);
    expect(await contents()).toEqual(before);
  }
  await expect(learn(config)).rejects.toThrow("already holds a run");
  expect(await contents()).toEqual(before);
  const notices: string[] = [];
  await learn({ ...resumed, batch_size: 16 }, undefined, (message) => notices.push(message));
  expect(notices).toContain("from here on batch_size is 16; it was 8");
});

it("a learner that cannot start leaves no folder, and changes no run", async () => {
  const { port } = runSettingsOf(config).learnerAddress;
  const occupant = await new Promise<Server>((resolve) => {
    const server = createServer().listen(port, "127.0.0.1", () => resolve(server));
  });
  const release = () => new Promise((resolve) => occupant.close(resolve));
  try {
    await expect(learn(config)).rejects.toThrow(String(port));
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await release();
  }
  await learn(config);
});

it("a run in training is refused to other learners, on any port, and named", async () => {
  await learn(config, async () => {
    const port = await freePort();
    const path = join(folder, "config.json");
    await writeFile(path, JSON.stringify(config));
    const other = `--policy.actor_learner_config.learner_port=${port}`;
    const { code, errors } = await handrail("learner", "--config", path, "--resume=true", other);
    expect(code).toBe(1);
    expect(errors).toContain(`the run in ${config.output_dir} is in use by process ${process.pid} on `);
    expect(errors).toContain("Stop that one first, or choose another output_dir");
  });
  await learn({ ...config, resume: true });
});
