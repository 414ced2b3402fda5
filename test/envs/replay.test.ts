/** The simulation follows episodes recorded from gym-hil with its original meshes. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { type RecordedEpisode, readRecordedEpisode } from "./recorded_episode.ts";
import { failuresOf, replayEpisode } from "./replay_episode.ts";

const FOLDER = fileURLToPath(new URL("../data/pick_cube", import.meta.url));
const SCRIPT = fileURLToPath(new URL("../../scripts/replay_fixtures.ts", import.meta.url));
const episode = (name: string) => readRecordedEpisode(join(FOLDER, `${name}.json`));

test.each(["free_motion", "scripted_pick", "scripted_pick_dense"])(
  "%s stays within a tenth of every tolerance",
  async (name) => {
    const recorded = await episode(name);
    const report = await replayEpisode(recorded);
    expect(failuresOf(report, recorded)).toEqual([]);
    expect(report.replayedSteps).toBe(recorded.steps.length);
    // Even while the cube is held.
    expect(report.whole["joint position (rad)"].worst).toBeLessThan(2e-4);
    expect(report.whole["tool position (m)"].worst).toBeLessThan(2e-4);
    expect(report.whole["cube position (m)"].worst).toBeLessThan(2e-4);
    expect(report.reward.worst).toBeLessThan(1e-3);
  },
);

const tampered: [string, (recorded: RecordedEpisode) => void, RegExp][] = [
  [
    "a joint",
    ({ steps }) => {
      steps[5]!.agent_pos[2]! += 0.003;
    },
    /joint position .* at step 5/,
  ],
  [
    "the cube",
    ({ steps }) => {
      steps[5]!.environment_state[0]! += 0.0001;
    },
    /^$/,
  ],
  [
    "the reward",
    ({ steps }) => {
      steps[3]!.reward = 1;
    },
    /reward off by .* at step 3/,
  ],
  [
    "success",
    ({ steps }) => {
      steps[18]!.succeed = false;
    },
    /succeed is true at step 18, recorded false/,
  ],
  [
    "an action",
    ({ steps }) => {
      steps[2]!.action[0] = 1;
    },
    /tool target/,
  ],
  [
    "the penalty",
    ({ steps }) => {
      steps[8]!.discrete_penalty = 0;
    },
    /penalty differs at step 8/,
  ],
  [
    "the start of the cube",
    ({ reset }) => {
      reset.block[0] = 0.45;
    },
    /cube position/,
  ],
];
test.each(tampered)("a recording with %s changed is judged accordingly", async (_, change, expected) => {
  const recorded = await episode("scripted_pick");
  change(recorded);
  expect(failuresOf(await replayEpisode(recorded), recorded).join("; ")).toMatch(expected);
});

test("the script prints the deviations and fails when one is past its tolerance", async () => {
  const folder = await mkdtemp(join(tmpdir(), "handrail-replay-"));
  await cp(join(FOLDER, "scripted_pick.json"), join(folder, "good.json"));
  const run = () => promisify(execFile)(process.execPath, ["--import", "tsx", SCRIPT, folder]);
  const { stdout } = await run();
  expect(stdout).toMatch(/joint position \(rad\) +\d/);
  expect(stdout).toContain("1 episodes within tolerance");

  const broken = JSON.parse(await readFile(join(folder, "good.json"), "utf8")) as RecordedEpisode;
  broken.steps[4]!.agent_pos[15]! += 0.01;
  await writeFile(join(folder, "bad.json"), JSON.stringify(broken));
  await expect(run()).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/FAILED: tool position .* at step 4/),
  });
  await rm(folder, { recursive: true });
});
