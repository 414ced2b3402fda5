import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Dataset } from "../datasets/dataset.ts";
import { DatasetRecorder } from "../datasets/dataset_recorder.ts";
import { readTransitions } from "../datasets/read_transitions.ts";
import { validateDataset } from "../datasets/validate.ts";
import { PandaEnv } from "../envs/panda_pick_cube/panda_env.ts";
import { PANDA_VARIANTS } from "../envs/panda_pick_cube/variants.ts";
import { ScriptedOperator } from "../teleoperators/scripted/scripted_operator.ts";
import { NO_EVENTS, type TeleopEvents, type Teleoperator } from "../teleoperators/teleoperator.ts";
import { resetAndBuildTransition } from "./env_step.ts";
import { loadTrainingConfig } from "./load_training_config.ts";
import { type ConfiguredEnv, makeProcessedEnv, processSimulation } from "./make_processed_env.ts";
import { recordDemonstrations } from "./record_demonstrations.ts";
import { recordingFeatures } from "./recording.ts";
import { replayEpisode } from "./replay_episode.ts";

const VARIANT = PANDA_VARIANTS.find(({ id }) => id === "PandaPickCubeGamepad-v0")!;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-record-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const startRecorder = (processedEnv: ConfiguredEnv) =>
  DatasetRecorder.create({
    root: join(folder, "demonstrations"),
    fps: Math.round(processedEnv.env.controlFrequencyHz!),
    features: recordingFeatures(processedEnv, "image"),
  });

async function panda(options: Parameters<typeof PandaEnv.create>[1]) {
  const env = await PandaEnv.create(VARIANT, options);
  return { env, processedEnv: processSimulation(env) };
}

describe("recording demonstrations of the scripted operator", () => {
  it("yields solved episodes that replay to the same rewards", async () => {
    const { env, processedEnv } = await panda({ randomBlockPosition: false });
    const recorder = await startRecorder(processedEnv);
    const teleoperators = [new ScriptedOperator(env, { mode: "demonstrate" })];
    const options = { processedEnv, teleoperators, recorder, task: "lift the cube", seed: 3, onlySuccessful: true };
    const episodes = await recordDemonstrations({ ...options, episodes: 2 });
    await recorder.close();
    expect(episodes.map(({ totalReward, kept }) => [totalReward, kept])).toEqual([
      [1, true],
      [1, true],
    ]);
    expect((await validateDataset(recorder.root)).problems).toEqual([]);

    const dataset = await Dataset.open(recorder.root);
    expect(dataset.episodes.map(({ length }) => length)).toEqual(episodes.map(({ frames }) => frames));
    const transitions = [];
    for await (const transition of readTransitions(dataset)) transitions.push(transition);
    expect(transitions.length).toBe(dataset.length);
    expect(transitions.filter(({ terminated }) => terminated).length).toBe(2);
    expect(transitions.every(({ complementaryInfo }) => complementaryInfo!.is_intervention === 1)).toBe(true);

    const again = await replayEpisode({ dataset, episode: 0, processedEnv, seed: 3 });
    expect(again).toEqual({
      frames: episodes[0]!.frames,
      steps: episodes[0]!.frames,
      totalReward: 1,
      recordedReward: 1,
    });
    await dataset.close();
    await env.close();
  });

  it("records an episode again when the person asks for it", async () => {
    const { env, processedEnv } = await panda({ maxEpisodeSteps: 5 });
    const recorder = await startRecorder(processedEnv);
    let steps = 0;
    const events: { getTeleopEvents(): TeleopEvents } = {
      getTeleopEvents: () => ({ ...NO_EVENTS, rerecordEpisode: ++steps === 2 }),
    };
    const person: Teleoperator = { id: "pedal", events, async connect() {}, async disconnect() {} };
    const seen: boolean[] = [];
    const onEpisode = ({ kept }: { kept: boolean }) => seen.push(kept);
    const options = { processedEnv, teleoperators: [person], recorder, task: "wait", episodes: 1, onEpisode };
    await recordDemonstrations(options);
    await recorder.close();
    expect(seen).toEqual([false, true]);
    const dataset = await Dataset.open(recorder.root);
    expect([dataset.episodes.length, dataset.length]).toEqual([1, 5]);
    const last = await dataset.frame(4);
    expect([last.values["next.done"], last.values["next.truncated"]]).toEqual([Uint8Array.of(0), Uint8Array.of(1)]);
    await dataset.close();
    await env.close();
  });

  it("stores what the policy of a config sees: its names, cropped and resized, within its bounds", async () => {
    const crops = { "observation.images.front": [16, 16, 96, 96] };
    const image = { crop_params_dict: crops, resize_size: [64, 64] };
    const inputs = {
      "observation.images.front": { type: "VISUAL", shape: [3, 64, 64] },
      "observation.state": { type: "STATE", shape: [18] },
    };
    const config = await loadTrainingConfig("configs/pick_cube_pixels.json", {
      overrides: [
        `--env.processor.image_preprocessing=${JSON.stringify(image)}`,
        `--policy.input_features=${JSON.stringify(inputs)}`,
        "--env.processor.reset.control_time_s=0.3",
      ],
    });
    const processedEnv = await makeProcessedEnv(config);
    const recorder = await startRecorder(processedEnv);
    const teleoperators = [new ScriptedOperator(processedEnv.scene!, { mode: "demonstrate" })];
    const low = Float32Array.of(-0.5, -0.5, -0.5, 0);
    const high = Float32Array.of(0.5, 0.5, 0.5, 2);
    const options = { processedEnv, teleoperators, recorder, task: "reach", episodes: 1, seed: 3 };
    await recordDemonstrations({ ...options, action: { shape: [4], low, high } });
    await recorder.close();

    const first = await resetAndBuildTransition(processedEnv, { seed: 3 });
    const dataset = await Dataset.open(recorder.root);
    expect(dataset.imageSize("observation.images.front")).toEqual({ height: 64, width: 64, channels: 3 });
    const stored = [];
    for await (const transition of readTransitions(dataset, { truncatedEnd: "repeat" })) {
      stored.push({ ...transition, action: [...transition.action], observation: { ...transition.observation } });
    }
    expect(stored.length).toBe(3);
    for (const key of Object.keys(inputs)) {
      expect(stored[0]!.observation[key]).toEqual(first.observation![key]!.data);
    }
    const largest = Math.max(...stored.flatMap(({ action: [x, y, z] }) => [x!, y!, z!].map(Math.abs)));
    expect(largest).toBe(0.5);
    expect(stored.at(-1)!.truncated).toBe(true);
    await dataset.close();
    await processedEnv.env.close();
  });
});
