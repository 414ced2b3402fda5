import { expect, test } from "vitest";
import { parsePandaOptions } from "./options.ts";

const parse = (options: Record<string, unknown>) => parsePandaOptions("PandaPickCube-v0", options);

test("defaults are gym-hil's, except for the gripper's sign", () => {
  expect(parse({})).toEqual({
    seed: 0,
    imageObs: false,
    renderSpec: { height: 128, width: 128 },
    samplesPerAxis: 1,
    rewardType: "sparse",
    randomBlockPosition: false,
    useGripper: true,
    gripperPenalty: -0.02,
    gripperConvention: "handrail",
    eeStepSize: { x: 0.025, y: 0.025, z: 0.025 },
    controlDt: 0.1,
    physicsDt: 0.002,
    maxEpisodeSteps: 100,
    terminateOnSuccess: true,
  });
});

test("keys may be written as in config files", () => {
  const options = parse({ image_obs: true, random_block_position: true, ee_step_size: { x: 0.01 } });
  expect(options).toMatchObject({ imageObs: true, randomBlockPosition: true, eeStepSize: { x: 0.01, y: 0.025 } });
});

test("an unknown option is answered with the nearest one", () => {
  expect(() => parse({ rewardTyp: "dense" })).toThrow(
    'options of PandaPickCube-v0: rewardTyp: unknown key. Did you mean "rewardType"?',
  );
  expect(() => parse({ rewardType: "spars" })).toThrow('Did you mean "sparse"?');
});

test("an option that other parts took over says where to go", () => {
  expect(() => parse({ use_viewer: true })).toThrow('no option "use_viewer": watch through the dashboard');
  expect(() => parse({ auto_reset: true })).toThrow("vectorised environment");
});

test("time steps that don't fit into each other are refused", () => {
  expect(() => parse({ controlDt: 0.1, physicsDt: 0.003 })).toThrow("must be a whole multiple of physicsDt");
  expect(parse({ controlDt: 0.02, physicsDt: 0.001 }).controlDt).toBe(0.02);
});
