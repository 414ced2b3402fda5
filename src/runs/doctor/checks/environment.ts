/** Whether the environment can be made, and shows and takes what the policy needs. */
import { NO_REAL_ROBOTS } from "../../../envs/gym_manipulator/gym_manipulator.ts";
import { type Check, error, ok, warning } from "../check.ts";

export const environmentCheck: Check = {
  name: "environment",
  async run(subject) {
    if (!subject.usesEnv) return [];
    if (subject.config.env === null) {
      const todo = 'Write env, such as {"type": "gym_manipulator", "name": "gym_hil", "task": "PandaPickCube-v0"}.';
      return [error("there is no env", { why: "There is nothing to act in.", todo })];
    }
    const environment = await subject.environment();
    if (environment.state === "failed") return [error(environment.error.message)];
    if (environment.state === "absent") return [NOT_DRIVEN];
    const { env, envProcessor, policyActionSpace } = environment.value;
    const shown = Object.entries(envProcessor.outputFeatures?.observation ?? {});
    const judge = subject.config.handrail.reward_model;
    const read = new Set([
      ...Object.keys(subject.policy.input_features),
      ...envProcessor.steps.flatMap(({ reads = [] }) => reads),
    ]);
    const unseen = shown.map(([key]) => key).filter((key) => !read.has(key));
    const described = shown.map(([key, { shape }]) => `${key} [${shape.join(", ")}]`).join(", ");
    return [
      ok(
        `${env.id} shows ${described}, and takes ${policyActionSpace.shape.join(" × ")} numbers: as the policy expects`,
      ),
      ...(judge === null
        ? []
        : [
            ok(
              `success and reward are those of the reward model "${judge.type}", from a probability of ` +
                `${judge.success_threshold} on`,
            ),
          ]),
      ...(unseen.length === 0 ? [] : [warning(`the policy does not use ${unseen.join(", ")}`, UNSEEN)]),
    ];
  },
};

const UNSEEN = {
  why: "It is made at every step and thrown away.",
  todo: "Add it to policy.input_features, or switch it off in the environment.",
};

const NOT_DRIVEN = error(NO_REAL_ROBOTS, {
  why: "Nothing can act in it, so that `handrail train`, `record` and `actor` refuse it; what it shows is not compared.",
  todo: 'Write "gym_hil" as env.name and a task such as "PandaPickCube-v0" to train in simulation.',
});
