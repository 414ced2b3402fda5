/** The dataset commands as a user runs them: real processes, exit codes and what they print. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { temporaryFolder } from "../datasets/support.ts";
import { handrail, runScript } from "./run_cli.ts";

const READ = join(import.meta.dirname, "../../scripts/read_dataset.ts");
const FIXTURES = join(import.meta.dirname, "../data/lerobot_datasets");

// Ten processes in sequence, possibly on a busy machine.
it("records, continues, checks, replays, converts and crops a dataset", async () => {
  const folder = await temporaryFolder();
  const [root, images, cropped] = ["recorded", "images", "cropped"].map((name) => join(folder, name));
  const env = ["--env-options", '{"image_obs":true,"render_spec":{"height":64,"width":64}}'];
  const record = ["record", root!, "--task", "lift the cube", "--episodes", "1", "--only-successful", ...env];
  expect(await handrail(...record, "--seed", "4")).toMatchObject({ code: 0 });
  const resumed = await handrail(...record, "--seed", "4", "--resume");
  expect(resumed.output).toContain("1 episodes recorded");
  expect(resumed.output).toContain("which now holds 2");
  expect(await handrail(...record)).toMatchObject({ code: 1, errors: expect.stringContaining("is not empty") });

  const recorded = await Dataset.open(root!);
  const actions = [];
  for (const episode of recorded.episodes) actions.push((await recorded.frame(episode.fromIndex)).values.action);
  await recorded.close();
  expect(actions[1], "the same seed, but what is there already is not recorded again").not.toEqual(actions[0]);
  const info = await handrail("dataset", "info", root!);
  expect(info.output).toMatch(/2 episodes, \d+ frames at 10 frames per second/);
  expect(info.output).toContain("observation.images.front: video [64, 64, 3], av1");
  const replayed = await handrail("replay", root!, "--episode", "1", ...env);
  expect(replayed.errors).toMatch(/started as recorded, with seed \d+/);
  expect(replayed.output).toMatch(/^(\d+) of \1 actions executed, reward 1; recorded 1/);

  const convert = ["dataset", "convert", root!, images!, "--cameras", "image", "--episodes", "1"];
  expect(await handrail(...convert)).toMatchObject({ code: 0 });
  const crop = ["crop", images!, cropped!, "--roi", "observation.images.front=8,16,32,40", "--resize", "48,48"];
  expect(await handrail(...crop)).toMatchObject({ code: 0 });
  const checked = await handrail("dataset", "validate", cropped!, "--decode-all");
  expect(checked).toMatchObject({ code: 0, output: expect.stringMatching(/^1 episodes, \d+ frames: valid/) });
  const dataset = await Dataset.open(cropped!);
  expect(dataset.imageSize("observation.images.wrist")).toEqual({ height: 48, width: 48, channels: 3 });
  expect(await dataset.episodeStarts(), "of the episode that was left").toEqual([
    { seed: expect.any(Number), resets: 0 },
  ]);
  await dataset.close();
});

it("records and replays the environment of a training config, as its policy sees it", async () => {
  const root = join(await temporaryFolder(), "recorded");
  const image = '{"crop_params_dict":{"observation.images.wrist":[8,8,96,96]},"resize_size":[128,128]}';
  const short = "--env.processor.reset.control_time_s=0.5";
  const config = ["--config", "configs/pick_cube_pixels.json", `--env.processor.image_preprocessing=${image}`, short];
  expect(await handrail("record", root, "--task", "lift", "--episodes", "1", ...config)).toMatchObject({ code: 0 });
  const info = await handrail("dataset", "info", root);
  expect(info.output).toContain("1 episodes, 5 frames at 10 frames per second");
  expect(info.output).toContain("observation.images.wrist: video [128, 128, 3]");
  const replayed = await handrail("replay", root, "--seed", "0", ...config);
  expect(replayed.output).toMatch(/^5 of 5 actions executed/);
  expect(replayed.errors).toContain("started with --seed 0, not as recorded");

  const typo = await handrail("record", root, "--task", "lift", "--episode=3");
  expect(typo).toMatchObject({ code: 1, errors: expect.stringContaining("Did you mean --episodes?") });
});

it("explains damage by file, row and field, and exits with 1", async () => {
  const folder = join(FIXTURES, "image");
  expect(await handrail("dataset", "validate", folder)).toMatchObject({
    code: 0,
    output: "2 episodes, 11 frames: valid\n",
  });
  const missing = await handrail("dataset", "validate", FIXTURES);
  expect(missing.code).toBe(1);
  expect(missing.output).toContain("meta/info.json: not found in");
  const outside = ["--roi", "observation.images.front=40,0,32,32"];
  const crop = await handrail("crop", folder, join(await temporaryFolder(), "x"), ...outside);
  expect(crop).toMatchObject({ code: 1, errors: expect.stringContaining("not inside its 64 × 64 image") });
});

it("compares a dataset with another reader's listing of it", async () => {
  const listing = join(FIXTURES, "video_frames.json");
  const same = await runScript(READ, join(FIXTURES, "video"), listing);
  expect(same.code).toBe(0);
  expect(same.output).toContain("36 frames in 3 episodes");
  const frames = JSON.parse(await readFile(listing, "utf8"));
  frames[20].state[3] += 0.01;
  const altered = join(await temporaryFolder(), "frames.json");
  await writeFile(altered, JSON.stringify(frames));
  const different = await runScript(READ, join(FIXTURES, "video"), altered);
  expect(different.code).toBe(1);
  expect(different.output).toMatch(/FAIL +state +worst [\d.]+e-[23] .* at frame 20/);
});
