/** LeRobot's recorded updates and checkpoints, replayed. The same comparison runs on other recordings with `npm run parity`. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { replayCheckpoint } from "./checkpoint_fixture.ts";
import { type Deviation, isWithinTolerance } from "./deviation.ts";
import { RecordedNoise } from "./recorded_noise.ts";
import { replaySac } from "./sac_fixture.ts";
import { criticSubsets, readRecording } from "./sac_recording.ts";

const data = (path: string) => fileURLToPath(new URL(`../data/${path}`, import.meta.url));

function expectWithinTolerance(deviations: readonly Deviation[]): void {
  expect(deviations.length).toBeGreaterThan(0);
  expect(deviations.filter((deviation) => !isWithinTolerance(deviation))).toEqual([]);
}

const ENGINES = ["c", "onnx"];

/** Everything in this block runs on the given engine. */
function useEngine(engine: string): void {
  beforeAll(() => {
    vi.stubEnv("HANDRAIL_BACKEND", engine);
    return () => vi.unstubAllEnvs();
  });
}

describe.each(ENGINES)("a recorded run of LeRobot's SAC, on %s,", (engine) => {
  useEngine(engine);
  const recordings = readdirSync(data("sac_parity")).filter((name) => name.endsWith(".json"));

  it.each(recordings)("%s gives the same losses, gradient norms and weights here", async (name) => {
    expectWithinTolerance(await replaySac(data(`sac_parity/${name.replace(/\.json$/, "")}`)));
  });
});

describe.each(ENGINES)("a checkpoint in LeRobot's layout, on %s,", (engine) => {
  useEngine(engine);
  const checkpoints = readdirSync(data("lerobot_checkpoints"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it.each(checkpoints)("%s acts the same here, and is saved again with every tensor under every name", async (name) => {
    expectWithinTolerance(await replayCheckpoint(data(`lerobot_checkpoints/${name}`)));
  });
});

describe("reading a recording", () => {
  it("fails when the update wants more noise, or less, than was recorded", async () => {
    const recording = await readRecording(data("sac_parity/continuous"));
    const noise = new RecordedNoise(recording);
    noise.begin(0);
    expect(() => noise.end()).toThrow("update 0 drew less than was recorded");
    const { size } = recording.section("noise/0/")[0]!;
    for (let draw = 0; draw < 3; draw++) noise.fillNormal(new Float32Array(size));
    noise.end();
    expect(() => noise.fillNormal(new Float32Array(size))).toThrow("update 0 draws more noise than was recorded");
  });

  it("takes critic subsets one list per critic step, or one after the other", async () => {
    const recording = await readRecording(data("sac_parity/redq_utd4_gripper"));
    const subsets = criticSubsets(recording, 0);
    expect(subsets.map(({ length }) => length)).toEqual([2, 2, 2, 2]);
    expect(criticSubsets({ ...recording, log: [{ losses: {}, critic_subsets: subsets.flat() }] }, 0)).toEqual(subsets);
  });
});
