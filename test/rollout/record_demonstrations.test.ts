import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { readTransitions } from "../../src/datasets/reading/read_transitions.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { DatasetRecorder } from "../../src/datasets/writing/dataset_recorder.ts";
import { processSimulation } from "../../src/envs/gym_manipulator/pipelines.ts";
import { PandaEnv } from "../../src/envs/panda_pick_cube/panda_env.ts";
import { PANDA_VARIANTS } from "../../src/envs/panda_pick_cube/variants.ts";
import { StopSwitch } from "../../src/rollout/control/stop_switch.ts";
import { resetAndBuildTransition } from "../../src/rollout/env_step.ts";
import { type RecordedEpisode, recordDemonstrations } from "../../src/rollout/recording/record_demonstrations.ts";
import { recordingFeatures } from "../../src/rollout/recording/recording.ts";
import { replayEpisode } from "../../src/rollout/replay_episode.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { ScriptedOperator } from "../../src/teleoperators/scripted/scripted_operator.ts";
import { NO_EVENTS, type TeleopEvents, type Teleoperator } from "../../src/teleoperators/teleoperator.ts";

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
  it("yields solved episodes, each of which replays from where it began to the same rewards", async () => {
    const options = { randomBlockPosition: true };
    const { env, processedEnv } = await panda(options);
    const recorder = await startRecorder(processedEnv);
    const teleoperators = [new ScriptedOperator(env, { mode: "demonstrate" })];
    const recording = { processedEnv, teleoperators, recorder, task: "lift the cube", seed: 3, onlySuccessful: true };
    const episodes = await recordDemonstrations({ ...recording, episodes: 3 });
    await recorder.close();
    expect(episodes.map(({ totalReward, kept }) => [totalReward, kept])).toEqual([
      [1, true],
      [1, true],
      [1, true],
    ]);
    await env.close();
    expect((await validateDataset(recorder.root)).problems).toEqual([]);

    const dataset = await Dataset.open(recorder.root);
    expect(dataset.episodes.map(({ length }) => length)).toEqual(episodes.map(({ frames }) => frames));
    const transitions = [];
    for await (const transition of readTransitions(dataset)) transitions.push(transition);
    expect(transitions.length).toBe(dataset.length);
    expect(transitions.filter(({ terminated }) => terminated).length).toBe(3);
    expect(transitions.every(({ complementaryInfo }) => complementaryInfo!.is_intervention === 1)).toBe(true);

    const another = await panda(options);
    // From the last to the first: no episode depends on those before it.
    for (const episode of [2, 1, 0]) {
      const rewards: number[] = [];
      const again = await replayEpisode({
        ...{ dataset, episode, processedEnv: another.processedEnv },
        onStep: (_, reward) => rewards.push(reward),
      });
      const { frames } = episodes[episode]!;
      const start = { seed: expect.any(Number), resets: 0 };
      expect(again).toEqual({ frames, steps: frames, totalReward: 1, recordedReward: 1, start });
      const { fromIndex, toIndex } = dataset.episode(episode);
      expect(rewards).toEqual(transitions.slice(fromIndex, toIndex).map(({ reward }) => reward));
    }
    expect((await dataset.episodeStarts())![0], "the recording's seed is that of its first episode").toMatchObject({
      seed: 3,
    });
    const elsewhere = await replayEpisode({ dataset, episode: 1, processedEnv: another.processedEnv, seed: 3 });
    expect(elsewhere.totalReward, "a seed that is given wins over the recorded start").toBe(0);
    await dataset.close();
    await another.env.close();
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

  it("waits for a verdict on an episode that ends without one, and saves what it says", async () => {
    const { env, processedEnv } = await panda({ maxEpisodeSteps: 3 });
    const recorder = await startRecorder(processedEnv);
    const stopSwitch = new StopSwitch();
    const verdicts = ["success", "rerecordEpisode", "stop", "failure"] as const;
    let asked = 0;
    /** The person's reports, one per step or poll. */
    const said: Partial<TeleopEvents>[] = [];
    const events = { getTeleopEvents: (): TeleopEvents => ({ ...NO_EVENTS, ...said.shift() }) };
    const person: Teleoperator = { id: "pedal", events, async connect() {}, async disconnect() {} };
    const onUndecided = () => {
      const verdict = verdicts[asked++]!;
      if (verdict === "stop") {
        stopSwitch.hold();
        stopSwitch.release();
      } else said.push({}, { terminateEpisode: true }, { [verdict]: true });
    };
    const options = { processedEnv, teleoperators: [person], recorder, task: "wait", episodes: 2, stopSwitch };
    const seen: unknown[] = [];
    const onEpisode = ({ kept, outcome, totalReward, frames }: RecordedEpisode) =>
      void seen.push([outcome, kept, totalReward, frames]);
    await recordDemonstrations({ ...options, onUndecided, onEpisode });
    await recorder.close();
    expect(seen).toEqual([
      ["success", true, 1, 3],
      ["rerecorded", false, 0, 3],
      ["rerecorded", false, 0, 3],
      ["failure", true, 0, 3],
    ]);
    const dataset = await Dataset.open(recorder.root);
    const rows = [];
    for (let row = 0; row < dataset.length; row++) {
      const { values } = await dataset.frame(row);
      const columns = ["next.reward", "next.done", "next.truncated"];
      rows.push(columns.map((key) => (values[key] as ArrayLike<number>)[0]).join(" "));
    }
    expect(rows).toEqual(["0 0 0", "0 0 0", "1 1 0", "0 0 0", "0 0 0", "0 1 0"]);
    await dataset.close();
    await env.close();
  });

  it("keeps nothing of an episode without a verdict when it is ended while it waits", async () => {
    const { env, processedEnv } = await panda({ maxEpisodeSteps: 3 });
    const recorder = await startRecorder(processedEnv);
    const ending = new AbortController();
    const person: Teleoperator = {
      ...{ id: "pedal", events: { getTeleopEvents: () => NO_EVENTS } },
      ...{ async connect() {}, async disconnect() {} },
    };
    const options = { processedEnv, teleoperators: [person], recorder, task: "wait", episodes: 1 };
    const kept = await recordDemonstrations({
      ...{ ...options, signal: ending.signal },
      onUndecided: () => void setTimeout(() => ending.abort(), 20),
    });
    await recorder.close();
    expect([kept, recorder.episodes]).toEqual([[], 0]);
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
