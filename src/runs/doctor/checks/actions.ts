/** Checks that the policy's actions cover the environment's action space, no less and no more. */
import type { BoxSpace } from "../../../envs/env.ts";
import { policyActions } from "../../../policies/registry.ts";
import { boundOf } from "../../../rollout/choose_action.ts";
import { type Check, error, type Finding, ok, warning } from "../check.ts";
import { normalizerOf } from "../normalization.ts";
import type { SetupContext } from "../setup_context.ts";

export const actionsCheck: Check = {
  name: "actions",
  async run(setup) {
    if (!setup.usesEnv) return [];
    const findings = [...gripperSettings(setup), ...(await againstEnvironment(setup))];
    return findings.length > 0 ? findings : [ok("the policy's actions are the environment's")];
  },
};

function gripperSettings({ policy, env }: SetupContext): Finding[] {
  const gripper = env?.processor.gripper;
  if (!gripper) return [];
  const { discrete: commands } = policyActions(policy);
  if (!gripper.use_gripper && commands !== null) {
    const what = `policy.num_discrete_actions is ${commands}, but env.processor.gripper.use_gripper is false`;
    const why = "The gripper's critic would learn commands that do nothing.";
    return [error(what, { why, todo: "Set use_gripper to true, or num_discrete_actions to null." })];
  }
  if (gripper.use_gripper && commands !== null && Math.abs(gripper.gripper_penalty) >= 1) {
    const why = "One change of the gripper costs as much as a success gains: it learns never to close.";
    const what = `env.processor.gripper.gripper_penalty is ${gripper.gripper_penalty}`;
    return [warning(what, { why, todo: "Write −0.02 to −0.05." })];
  }
  if (gripper.use_gripper && commands !== null && gripper.gripper_penalty === 0) {
    const why = "Nothing keeps the gripper from opening and closing all the time.";
    return [warning("env.processor.gripper.gripper_penalty is 0", { why, todo: "Write −0.02 to −0.05." })];
  }
  return [];
}

async function againstEnvironment(setup: SetupContext): Promise<Finding[]> {
  const environment = await setup.environment();
  const { policy } = setup;
  if (environment.state !== "there") return [];
  const { policyActionSpace: actionSpace } = environment.value;
  const map = normalizerOf(setup)?.normalization("action");
  const { continuous, discrete } = policyActions(policy);
  const findings = gripperCommands(discrete, actionSpace, continuous);
  if (map === undefined || map.mode === "IDENTITY") return findings;
  for (let i = 0; i < continuous; i++) {
    const at = map.inverse.scale.length === 1 ? 0 : i;
    const [scale, offset] = [map.inverse.scale[at]!, map.inverse.offset[at]!];
    const [low, high] = [boundOf(actionSpace.low, i), boundOf(actionSpace.high, i)];
    findings.push(...reach(i, offset - scale, offset + scale, low, high));
  }
  return findings;
}

function reach(i: number, from: number, to: number, low: number, high: number): Finding[] {
  const slack = 0.01 * (high - low);
  const what = `action[${i}]: the policy chooses ${round(from)} to ${round(to)}, the environment takes ${round(low)} to ${round(high)}`;
  const todo = 'Write the environment\'s bounds as min and max of policy.dataset_stats["action"].';
  if (from > low + slack || to < high - slack) {
    const why =
      "The policy cannot reach every action of a person, and a person's actions beyond its range cannot be stored.";
    return [warning(what, { why, todo })];
  }
  if (from < low - slack || to > high + slack) {
    return [
      warning(what, { why: "Actions beyond it are clipped: different choices then have the same effect.", todo }),
    ];
  }
  return [];
}

function gripperCommands(commands: number | null, { low, high, shape }: BoxSpace, continuous: number): Finding[] {
  if (commands === null || shape[0] !== continuous + 1) return [];
  const taken = boundOf(high, continuous) - boundOf(low, continuous) + 1;
  if (taken === commands) return [];
  const what = `policy.num_discrete_actions is ${commands}, but the environment's gripper takes ${taken} commands`;
  return [error(what, { todo: `Write ${taken}.` })];
}

const round = (value: number): number => Number(value.toPrecision(4));
