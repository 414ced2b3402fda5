import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Dataset } from "../../src/datasets/index.ts";
import type { Learner } from "../../src/learning/learner.ts";
import { runLearner } from "../../src/runs/run_learner.ts";
import { InProcessTransport } from "../../src/transport/in_process/in_process_transport.ts";
import { smallConfig } from "../actor/acting.ts";

test("a learner of its own begins with the demonstrations that its config asks for, also when it is resumed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "handrail-demonstrations-"));
  try {
    const overrides = ["--handrail.demonstrations.episodes=2", "--env.processor.reset.control_time_s=10"];
    const run = async (resume: boolean) => {
      const stop = new AbortController();
      const seen: { readonly recorded: number[]; learner?: Learner } = { recorded: [] };
      await runLearner({
        config: await smallConfig([...overrides, `--output_dir=${folder}`, `--resume=${resume}`]),
        transport: new InProcessTransport(),
        signal: stop.signal,
        onDemonstration: (done) => seen.recorded.push(done),
        onReady: (learner) => {
          seen.learner = learner;
          stop.abort();
        },
      });
      return { recorded: seen.recorded, offlineSize: seen.learner!.progress.offlineSize };
    };
    const first = await run(false);
    const dataset = await Dataset.open(join(folder, "demonstrations"));
    expect(first).toEqual({ recorded: [1, 2], offlineSize: dataset.length });
    expect(dataset.episodes).toHaveLength(2);
    expect(dataset.tasks).toEqual(["pick up the cube"]);
    expect((await dataset.episodeStarts())?.map((start) => start?.resets)).toEqual([0, 0]);
    await dataset.close();
    expect(await run(true)).toEqual({ recorded: [], offlineSize: first.offlineSize });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
