import { expect, test } from "vitest";
import { otherConfigAdvice } from "./other_config_advice.ts";

const env = { name: "gym_hil", task: "PandaPickCubeGamepad-v0", fps: 10 };
const dataset = { repo_id: "anna/il_gym", root: null, task: "pick cube", num_episodes_to_record: 2 };

test("a config with which LeRobot records is answered with the command that does the same", () => {
  for (const type of [{}, { type: "gym_manipulator" }]) {
    expect(otherConfigAdvice({ env: { ...type, ...env }, dataset, mode: "record", device: "cpu" })).toContain(
      "handrail record il_gym --env PandaPickCubeGamepad-v0 --task 'pick cube' --episodes 2",
    );
  }
  expect(otherConfigAdvice({ env, dataset: { ...dataset, replay_episode: 3 }, mode: "replay" })).toContain(
    "handrail replay il_gym --env PandaPickCubeGamepad-v0 --episode 3",
  );
  expect(otherConfigAdvice({ env: { ...env, name: "real_robot" }, mode: "record" })).toContain(
    "cannot record from yet",
  );
});

test("the command can be pasted whatever the config's texts are, and what it lacks is named", () => {
  const texts = { ...dataset, root: "my data", task: "$HOME `id`" };
  const fast = { ...env, fps: 20, processor: { reset: { control_time_s: 33 } } };
  expect(otherConfigAdvice({ env: fast, dataset: texts, mode: "record" })).toContain(
    "the same, but for env.fps and env.processor, is: handrail record 'my data' --env PandaPickCubeGamepad-v0 --task '$HOME `id`' --episodes 2",
  );
});

test("a config for a reward model is answered as the policy of that name is", () => {
  expect(otherConfigAdvice({ reward_model: { type: "reward_classifier" }, dataset })).toContain(
    "a config for a reward model, without a policy: a reward classifier is not a policy: `handrail reward train` trains one",
  );
  expect(otherConfigAdvice({ reward_model: { type: "else" } })).toContain("reward models cannot be trained here");
});

test("a training config is none, however wrong it is", () => {
  for (const config of [{}, { env }, { env, policy: {} }, { env, policy: {}, mode: "record" }, null, [1]]) {
    expect(otherConfigAdvice(config)).toBeUndefined();
  }
});
