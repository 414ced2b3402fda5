/** Checks that the environment can be made, and that its observations and actions fit the policy. */
import { NO_REAL_ROBOTS } from "../../../envs/gym_manipulator/gym_manipulator.ts";
import { RewardModelProcessorStep } from "../../../rewards/reward_model_step.ts";
import { type Check, error, ok, warning } from "../check.ts";

export const environmentCheck: Check = {
  name: "environment",
  async run(setup) {
    if (!setup.usesEnv) return [];
    if (setup.config.env === null) {
      const todo = 'Write env, such as {"type": "gym_manipulator", "name": "gym_hil", "task": "PandaPickCube-v0"}.';
      return [error("env is null", { why: "There is no environment to act in.", todo })];
    }
    const environment = await setup.environment();
    if (environment.state === "failed") return [error(environment.error.message)];
    if (environment.state === "absent") return [NOT_DRIVEN];
    const { env, envProcessor, policyActionSpace } = environment.value;
    const shown = Object.entries(envProcessor.outputFeatures?.observation ?? {});
    const judge = envProcessor.steps.find((step) => step instanceof RewardModelProcessorStep);
    const read = new Set([
      ...Object.keys(setup.policy.input_features),
      ...envProcessor.steps.flatMap(({ reads = [] }) => reads),
    ]);
    const unseen = shown.map(([key]) => key).filter((key) => !read.has(key));
    const described = shown.map(([key, { shape }]) => `${key} [${shape.join(", ")}]`).join(", ");
    return [
      ok(
        `${env.id} shows ${described}, and takes ${policyActionSpace.shape.join(" × ")} numbers: as the policy expects`,
      ),
      ...(judge === undefined ? [] : [ok(`success and reward come from ${judge.description}`)]),
      ...(unseen.length === 0 ? [] : [warning(`the policy does not use ${unseen.join(", ")}`, UNSEEN)]),
    ];
  },
};

const UNSEEN = {
  why: "It is computed at every step and discarded.",
  todo: "Add it to policy.input_features, or disable it in the environment.",
};

const NOT_DRIVEN = error(NO_REAL_ROBOTS, {
  why: "`handrail train`, `record` and `actor` refuse it, because nothing can act in it. Its features are not compared with the policy's.",
  todo: 'Write "gym_hil" as env.name and a task such as "PandaPickCube-v0" to train in simulation.',
});
