/** The environment of docs/envs/write_your_own.md, as its page and its config say. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "../../src/rollout/env_step.ts";
import { runDoctor } from "../../src/runs/doctor/run_doctor.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

const CONFIG = "examples/planar_reach.json";
const PLUGINS = ["./examples/planar_reach.ts"];

let processedEnv: ConfiguredEnv;
beforeAll(async () => {
  processedEnv = await makeProcessedEnv(await loadTrainingConfig(CONFIG, { plugins: PLUGINS }));
});
afterAll(() => processedEnv?.env.close());

it("the doctor finds nothing wrong with a custom environment except missing demonstrations", async () => {
  const { findings } = await runDoctor(CONFIG, {
    plugins: PLUGINS,
    overrides: ["--policy.actor_learner_config.learner_port=0"],
  });
  expect(findings.filter(({ level }) => level !== "ok").map(({ what }) => what)).toEqual([
    "there are no demonstrations",
  ]);
});

it("a custom environment uses the config's names, and its success counts", async () => {
  for (let seed = 0; seed < 20; seed++) {
    let transition = await resetAndBuildTransition(processedEnv, { seed });
    while (!transition.terminated && !transition.truncated) {
      const observation = transition.observation!;
      const action = towardsTarget(
        numbers(observation["observation.state"]!),
        numbers(observation["observation.environment_state"]!),
      );
      transition = await stepEnvAndProcessTransition(processedEnv, { observation, action });
    }
    expect({ reward: transition.reward, success: transition.signals.success }, `seed ${seed}`).toEqual({
      reward: 1,
      success: true,
    });
  }
});

it("an episode that does not reach the target is truncated by the config's time limit and is no success", async () => {
  let transition = await resetAndBuildTransition(processedEnv, { seed: 1 });
  let steps = 0;
  for (; !transition.terminated && !transition.truncated; steps++) {
    const observation = transition.observation!;
    transition = await stepEnvAndProcessTransition(processedEnv, { observation, action: Tensor.of([2], [0, 0]) });
  }
  expect({ steps, truncated: transition.truncated, success: transition.signals.success }).toEqual({
    ...{ steps: 100, truncated: true, success: false },
  });
});

const numbers = ({ data }: Tensor): number[] => Array.from(data, Number);

/** The transpose of the tip's Jacobian times the way to the target: an arm's simplest controller. */
function towardsTarget(state: readonly number[], way: readonly number[]): Tensor<"float32"> {
  const [first, second] = [Math.atan2(state[1]!, state[0]!), Math.atan2(state[3]!, state[2]!)];
  const elbow = [-0.5 * Math.sin(first + second), 0.5 * Math.cos(first + second)] as const;
  const shoulder = [-0.5 * Math.sin(first) + elbow[0], 0.5 * Math.cos(first) + elbow[1]] as const;
  const velocities = [shoulder, elbow].map(([x, y]) => 10 * (x * way[0]! + y * way[1]!));
  return Tensor.of(
    [2],
    velocities.map((velocity) => Math.max(-1, Math.min(1, velocity))),
  );
}
