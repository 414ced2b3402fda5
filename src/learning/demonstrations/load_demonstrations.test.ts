import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { STATE } from "../../../test/algorithms/small.ts";
import { smallConfig, transitionNumber } from "../../../test/learning/small_learner.ts";
import { stepFeatures } from "../../datasets/schema/step_columns.ts";
import { DatasetWriter } from "../../datasets/writing/dataset_writer.ts";
import { writeTransitions } from "../../datasets/writing/write_transitions.ts";
import type { ReplayFeatures } from "../../replay/features.ts";
import { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { Transition } from "../../replay/transition.ts";
import { replayFeaturesOf } from "../../settings/replay_features.ts";
import { openRunFolder } from "../run_folder/run_folder.ts";
import { EpisodeNumbers } from "../training/episode_numbers.ts";
import { TrainingCore } from "../training/training_core.ts";
import { loadDemonstrations } from "./load_demonstrations.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-demonstrations-"));
});
afterEach(() => rm(folder, { recursive: true }));

const features = (name = STATE): ReplayFeatures => {
  const own = replayFeaturesOf(smallConfig("unused"));
  return { ...own, observation: { [name]: own.observation[STATE]! } };
};

/** A dataset of three episodes of ten steps, whose observation has another name where one is given. */
async function writeDataset(name = STATE, change: (transition: Transition) => Transition = (same) => same) {
  const root = join(folder, "dataset");
  const writer = await DatasetWriter.create({
    root,
    fps: 10,
    features: stepFeatures(features(name), { cameras: "image" }),
  });
  const rename = (arrays: Transition["observation"]) => ({ [name]: arrays[STATE]! });
  const transitions = Array.from({ length: 30 }, (_, n) => change(transitionNumber(n))).map((each) => ({
    ...each,
    complementaryInfo: { discrete_penalty: 0, is_intervention: 1 },
    observation: rename(each.observation),
    nextObservation: rename(each.nextObservation),
  }));
  await writeTransitions(writer, transitions, "count");
  await writer.close();
  return smallConfig(join(folder, "run"), { dataset: { repo_id: "count", root } });
}

async function load(config: ReturnType<typeof smallConfig>, values: object = {}, capacity = 100) {
  const warnings: string[] = [];
  const buffer = new ReplayBuffer({ features: features(), capacity, seed: 1 });
  const dataset = { ...config.dataset!, ...values };
  const warn = (message: string) => void warnings.push(message);
  const added = await loadDemonstrations({ dataset, renameMap: config.rename_map, buffer, warn });
  const numbers = Array.from({ length: buffer.size }, (_, i) => buffer.at(i).observation[STATE]![0]);
  return { added, buffer, numbers, warnings };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("demonstrations", () => {
  it("fill the offline buffer of a new run", async () => {
    const config = await writeDataset();
    const core = await TrainingCore.open({ config, folder: await openRunFolder(config) });
    expect(core).toMatchObject({ offlineSize: 30, onlineSize: 0, interactionStep: 0 });
    await core.dispose();
  });

  it("are read whole, with rewards, ends and who steered", async () => {
    const { buffer, numbers, added } = await load(await writeDataset());
    expect(added).toBe(30);
    expect(numbers).toEqual(range(0, 30));
    expect(buffer.at(9)).toMatchObject({ reward: 1, terminated: true, complementaryInfo: { is_intervention: 1 } });
    expect(buffer.at(8)).toMatchObject({ reward: 0, terminated: false });
  });

  it("are only the episodes that are wanted", async () => {
    const config = await writeDataset();
    expect((await load(config, { episodes: [2, 0] })).numbers).toEqual([...range(20, 30), ...range(0, 10)]);
    expect((await load(config, { exclude_episodes: [1] })).numbers).toEqual([...range(0, 10), ...range(20, 30)]);
  });

  it("have episode numbers, which those of the run's actors continue", async () => {
    const { buffer } = await load(await writeDataset(), { episodes: [2, 0] });
    const numbers = Array.from({ length: buffer.size }, (_, i) => buffer.at(i).episode);
    expect(numbers).toEqual([...Array(10).fill(1), ...Array(10).fill(2)]);
    const ofActors = EpisodeNumbers.after(buffer);
    expect([ofActors.numberOf("left", 1), ofActors.numberOf("right", 1)]).toEqual([3, 4]);
  });

  it("may have other names for the policy's observations", async () => {
    const config = await writeDataset("observation.pose");
    await expect(load(config)).rejects.toThrow('the dataset has no "observation.state"; found: observation.pose');
    const { numbers } = await load({ ...config, rename_map: { "observation.pose": STATE } });
    expect(numbers).toEqual(range(0, 30));
  });

  it("that do not fit are refused, with the first one that does not", async () => {
    const config = await writeDataset(STATE, (each) => {
      return each.observation[STATE]![0] === 4 ? { ...each, action: Float32Array.of(3) } : each;
    });
    await expect(load(config)).rejects.toThrow(/demonstrations do not fit .*dataset, transition 4: .*action\[0\] is 3/);
  });

  it("beyond the buffer's capacity are reported", async () => {
    const { numbers, warnings } = await load(await writeDataset(), {}, 25);
    expect(numbers).toEqual(range(5, 30));
    expect(warnings).toEqual([expect.stringContaining("offline_buffer_capacity is 25: only the newest of the 30")]);
  });
});
