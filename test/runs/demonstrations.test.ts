/** Demonstrations played in parallel threads: the dataset is the same as from a single thread. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadPlugins } from "../../src/algorithms/plugins.ts";
import { Dataset } from "../../src/datasets/dataset.ts";
import { EPISODE_STARTS_PATH } from "../../src/datasets/meta/paths.ts";
import { readTransitions } from "../../src/datasets/reading/read_transitions.ts";
import { DatasetRecorder } from "../../src/datasets/writing/dataset_recorder.ts";
import { processSimulation } from "../../src/envs/gym_manipulator/pipelines.ts";
import { makeSimulation } from "../../src/envs/make_env.ts";
import { type RecordedEpisode, recordDemonstrations } from "../../src/rollout/recording/record_demonstrations.ts";
import { recordingFeatures } from "../../src/rollout/recording/recording.ts";
import { episodeSeed } from "../../src/rollout/start_seed.ts";
import { DemonstrationThread } from "../../src/runs/demonstrations/demonstration_thread.ts";
import type { Demonstration } from "../../src/runs/demonstrations/messages.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { demonstratorPlace } from "../../src/runs/make_teleoperator.ts";
import { recordRunDemonstrations } from "../../src/runs/training_run/record_run_demonstrations.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { makeTeleoperator } from "../../src/teleoperators/registry.ts";
import { Random } from "../../src/tensor/random.ts";
import { temporaryFolder } from "../datasets/support.ts";

const PLUGIN = new URL("../fixtures/demonstrating_plugin.ts", import.meta.url).href;
/** Short enough that some attempts fail and are discarded. */
const HURRIED = "--env.processor.reset.control_time_s=2.4";

async function ended(players: readonly DemonstrationThread[]): Promise<void> {
  await Promise.all(players.map((player) => player.close()));
  for (const player of players) await expect(player.play(1)).rejects.toThrow("its thread has ended");
}

interface Recording {
  readonly demonstration: Demonstration;
  readonly root: string;
  readonly threads: number;
  readonly episodes: number;
  readonly onlySuccessful?: boolean;
  readonly signal?: AbortSignal;
  readonly onEpisode?: (episode: RecordedEpisode) => void;
}

/** Records into a folder, or continues its dataset. */
async function record({ demonstration, root, threads, ...options }: Recording): Promise<void> {
  const { place, teleoperator, seed } = demonstration;
  const processedEnv =
    "config" in place
      ? await makeProcessedEnv(place.config)
      : processSimulation(await makeSimulation(place.id, place.options));
  const features = recordingFeatures(processedEnv, "image");
  const recorder = await DatasetRecorder.resume({ root }).catch(() =>
    DatasetRecorder.create({ root, fps: 10, features }),
  );
  const players = Array.from({ length: threads }, () => new DemonstrationThread(demonstration));
  const teleoperators = [await makeTeleoperator({ ...teleoperator }, demonstratorPlace(processedEnv, seed))];
  try {
    await recordDemonstrations({ processedEnv, teleoperators, recorder, players, seed: 7, task: "show", ...options });
  } finally {
    await ended(players);
    await recorder.close();
    await processedEnv.env.close();
  }
}

/** A dataset's steps and the starts of its episodes. */
async function contentsOf(root: string) {
  const dataset = await Dataset.open(root);
  const steps = [];
  for await (const step of readTransitions(dataset, { truncatedEnd: "repeat" })) steps.push(structuredClone(step));
  const lengths = dataset.episodes.map(({ length }) => length);
  const starts = await dataset.episodeStarts();
  await dataset.close();
  return { steps, lengths, starts };
}

/** The files of a dataset that hold its steps and the starts of its episodes. */
async function filesOf(root: string): Promise<string[]> {
  const files = ["data/chunk-000/file-000.parquet", EPISODE_STARTS_PATH];
  return await Promise.all(files.map((file) => readFile(join(root, file), "base64")));
}

test("a dataset is the same, bit for bit, whether this thread, one or three others played it", async () => {
  const folder = await temporaryFolder();
  const config = await loadTrainingConfig("configs/pick_cube.json", { overrides: [HURRIED] });
  const demonstration = { place: { config }, teleoperator: { type: "scripted" }, seed: 5 };
  const datasets = [];
  for (const threads of [0, 1, 3]) {
    const root = join(folder, `${threads}`);
    const decided: boolean[] = [];
    await record({
      ...{ demonstration, root, threads, episodes: 4, onlySuccessful: true },
      onEpisode: (episode) => void decided.push(episode.kept),
    });
    datasets.push({ decided, files: await filesOf(root) });
  }
  const [here, one, three] = datasets;
  expect(here!.decided, "attempts that fail").toContain(false);
  expect(one).toEqual(here);
  expect(three).toEqual(here);
});

test("a thread renders the same images as this thread", async () => {
  const folder = await temporaryFolder();
  const overrides = ["--env.processor.reset.control_time_s=0.3"];
  const config = await loadTrainingConfig("configs/pick_cube_pixels.json", { overrides });
  const demonstration = { place: { config }, teleoperator: { type: "scripted" }, seed: 5 };
  for (const threads of [0, 1]) await record({ demonstration, root: join(folder, `${threads}`), threads, episodes: 2 });
  expect(await filesOf(join(folder, "1"))).toEqual(await filesOf(join(folder, "0")));
});

test("a recording that was stopped and continued has the same episodes as one that was not", async () => {
  const folder = await temporaryFolder();
  const config = await loadTrainingConfig("configs/pick_cube.json", { overrides: [HURRIED] });
  const demonstration = { place: { config }, teleoperator: { type: "scripted" }, seed: 5 };
  const all = { demonstration, episodes: 5, onlySuccessful: true };
  const whole = join(folder, "whole");
  await record({ ...all, root: whole, threads: 0 });
  const root = join(folder, "stopped");
  const stop = new AbortController();
  let kept = 0;
  await record({
    ...{ ...all, root, threads: 3, signal: stop.signal },
    onEpisode: (episode) => {
      if (episode.kept && ++kept === 2) stop.abort();
    },
  });
  const stopped = await contentsOf(root);
  expect(stopped.lengths).toHaveLength(2);
  await record({ ...all, root, threads: 2, episodes: 3 });
  const [expected, continued] = [await contentsOf(whole), await contentsOf(root)];
  expect(continued).toEqual(expected);
  expect(expected.lengths.slice(0, 2)).toEqual(stopped.lengths);
});

test("an error in a thread is thrown with its cause in its turn; earlier episodes are kept", async () => {
  await loadPlugins([PLUGIN]);
  const root = join(await temporaryFolder(), "demos");
  const place = { id: "Jamming-v0", options: { jams_at: episodeSeed(7, 3) } };
  const demonstration = { place, teleoperator: { type: "shaker" }, seed: 0 };
  const recording = record({ demonstration, root, threads: 3, episodes: 9 });
  await expect(recording).rejects.toMatchObject({ message: "the gears jam", cause: { message: "sand" } });
  expect((await contentsOf(root)).lengths).toEqual([20, 20, 20]);
});

test("a thread that is in the middle of an episode ends after its step", async () => {
  const place = { id: "PandaPickCubeGamepad-v0", options: {} };
  const player = new DemonstrationThread({ place, teleoperator: { type: "scripted" }, seed: 0 });
  const whole = await player.play(3);
  const playing = player.play(3);
  await ended([player]);
  expect((await playing).steps.length).toBeLessThan(whole.steps.length);
});

test("a run's demonstrations are made by the program that its config names, in parallel unless it is watched", async () => {
  await loadPlugins([PLUGIN]);
  const config = await loadTrainingConfig("configs/pick_cube.json", {
    overrides: ['--env.teleop={"type": "shaker", "steps": 3}', "--handrail.demonstrations.episodes=10"],
  });
  const folder = await temporaryFolder();
  const contents = [];
  for (const watch of [undefined, async () => ({ observers: [] })]) {
    const env = await makeProcessedEnv(config);
    const run = { config, env, folder: join(folder, `${watch !== undefined}`), random: new Random(1) };
    const { dataset } = await recordRunDemonstrations({ ...run, watch });
    contents.push(await contentsOf(dataset!.root!));
    await env.env.close();
  }
  expect(contents[0]!.lengths).toEqual(Array.from({ length: 10 }, () => 3));
  expect(contents[0]).toEqual(contents[1]);
});
