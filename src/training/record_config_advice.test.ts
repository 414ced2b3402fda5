import { expect, test } from "vitest";
import { recordConfigAdvice } from "./record_config_advice.ts";

const env = { name: "gym_hil", task: "PandaPickCubeGamepad-v0", fps: 10 };
const dataset = { repo_id: "anna/il_gym", root: null, task: "pick cube", num_episodes_to_record: 2 };

test("a config with which LeRobot records is answered with the command that does the same", () => {
  for (const type of [{}, { type: "gym_manipulator" }]) {
    expect(recordConfigAdvice({ env: { ...type, ...env }, dataset, mode: "record", device: "cpu" })).toContain(
      'handrail record il_gym --env PandaPickCubeGamepad-v0 --task "pick cube" --episodes 2',
    );
  }
  expect(recordConfigAdvice({ env, dataset: { ...dataset, replay_episode: 3 }, mode: "replay" })).toContain(
    "handrail replay il_gym --env PandaPickCubeGamepad-v0 --episode 3",
  );
  expect(recordConfigAdvice({ env: { ...env, name: "real_robot" }, mode: "record" })).toContain(
    "cannot record from yet",
  );
});

test("a training config is none, however wrong it is", () => {
  for (const config of [{}, { env }, { env, policy: {} }, { env, policy: {}, mode: "record" }, null, [1]]) {
    expect(recordConfigAdvice(config)).toBeUndefined();
  }
});
