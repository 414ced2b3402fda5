import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { records, smallConfig } from "../../../test/learning/small_learner.ts";
import { until } from "../../../test/until.ts";
import { openRunFolder } from "../run_folder/run_folder.ts";
import { TrainingCore } from "./training_core.ts";
import { TrainingLoop } from "./training_loop.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-loop-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("trains on after a checkpoint that could not be saved, also when its last weights are with the actors", async () => {
  // Weights are pushed after every update: nothing else than the failed save wakes the loop.
  const actor_learner_config = { policy_parameters_push_frequency: 1e-6 };
  const config = smallConfig(folder, { save_freq: 5, policy: { actor_learner_config } });
  const runFolder = await openRunFolder(config);
  await runFolder.begin();
  const core = await TrainingCore.open({ config, folder: runFolder });
  await core.save(null);
  await rename(join(folder, "checkpoints"), join(folder, "elsewhere"));
  await writeFile(join(folder, "checkpoints"), "in the way");

  let failures = 0;
  const saves: Promise<void>[] = [];
  const loop: TrainingLoop = new TrainingLoop(core, ({ type }) => {
    if (type !== "save_due") return;
    // The request comes from another thread: by then the loop waits for it.
    const save = async () => {
      await setTimeout(20);
      await loop.ask({ type: "save", transport: null }).catch(() => (failures += 1));
    };
    saves.push(save());
  });
  await loop.ask({ type: "open" });
  await loop.ask({ type: "transitions", records: records(0, 30) });
  await loop.ask({ type: "resume" });
  const running = loop.run();
  await until(() => core.step > 12, "updates after two checkpoints that could not be saved");
  expect(failures).toBeGreaterThanOrEqual(2);
  await loop.close();
  await running;
  await Promise.all(saves);
  await runFolder.release();
});
