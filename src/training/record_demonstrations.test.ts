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
import { recordDemonstrations } from "./record_demonstrations.ts";
import { recordingFeatures } from "./recording.ts";
import { replayEpisode } from "./replay_episode.ts";

const VARIANT = PANDA_VARIANTS.find(({ id }) => id === "PandaPickCubeGamepad-v0")!;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-record-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const startRecorder = (env: PandaEnv) =>
  DatasetRecorder.create({
    root: join(folder, "demonstrations"),
    fps: env.controlFrequencyHz,
    features: recordingFeatures(env, "image"),
  });

describe("recording demonstrations of the scripted operator", () => {
  it("yields solved episodes that replay to the same rewards", async () => {
    const env = await PandaEnv.create(VARIANT, { randomBlockPosition: false });
    const recorder = await startRecorder(env);
    const teleoperator = new ScriptedOperator(env, { mode: "demonstrate" });
    const options = { env, teleoperator, recorder, task: "lift the cube", seed: 3, onlySuccessful: true };
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

    const again = await replayEpisode({ dataset, episode: 0, env, reset: { seed: 3 } });
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
    const env = await PandaEnv.create(VARIANT, { maxEpisodeSteps: 5 });
    const recorder = await startRecorder(env);
    let steps = 0;
    const events: { getTeleopEvents(): TeleopEvents } = {
      getTeleopEvents: () => ({ ...NO_EVENTS, rerecordEpisode: ++steps === 2 }),
    };
    const person: Teleoperator = { id: "pedal", events, async connect() {}, async disconnect() {} };
    const seen: boolean[] = [];
    const onEpisode = ({ kept }: { kept: boolean }) => seen.push(kept);
    await recordDemonstrations({ env, teleoperator: person, recorder, task: "wait", episodes: 1, onEpisode });
    await recorder.close();
    expect(seen).toEqual([false, true]);
    const dataset = await Dataset.open(recorder.root);
    expect([dataset.episodes.length, dataset.length]).toEqual([1, 5]);
    const last = await dataset.frame(4);
    expect([last.values["next.done"], last.values["next.truncated"]]).toEqual([Uint8Array.of(0), Uint8Array.of(1)]);
    await dataset.close();
    await env.close();
  });
});
