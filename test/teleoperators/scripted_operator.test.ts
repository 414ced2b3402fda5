/** The scripted operator in the simulation it was made for. The full success rates are measured by a benchmark. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { processSimulation } from "../../src/envs/gym_manipulator/pipelines.ts";
import type { PandaEnv } from "../../src/envs/panda_pick_cube/panda_env.ts";
import { makePandaEnv } from "../../src/envs/panda_pick_cube/variants.ts";
import type { VisibleScene } from "../../src/envs/watchable.ts";
import { Episode } from "../../src/rollout/episode.ts";
import { EpisodeRunner, type PlayedStep } from "../../src/rollout/episode_runner.ts";
import { teleoperated } from "../../src/rollout/teleoperated_controller.ts";
import type { ScriptedOperatorInput } from "../../src/teleoperators/scripted/options.ts";
import { ScriptedOperator } from "../../src/teleoperators/scripted/scripted_operator.ts";
import { TeleoperatorGroup } from "../../src/teleoperators/teleoperator_group.ts";
import { Random } from "../../src/tensor/random.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

let env: PandaEnv;
beforeAll(async () => {
  env = await makePandaEnv("PandaPickCube-v0", { randomBlockPosition: true });
});
afterAll(() => env.close());

const HOLD = Float32Array.of(0, 0, 0, 1);

async function play(
  options: ScriptedOperatorInput,
  episodes: number,
  policy: () => Float32Array = () => HOLD,
  firstSeed = 1000,
): Promise<PlayedStep[][]> {
  const people = new TeleoperatorGroup([new ScriptedOperator(env, options)], env);
  const played: PlayedStep[][] = [];
  const runner = new EpisodeRunner({
    processedEnv: processSimulation(env),
    controller: teleoperated({ act: () => ({ action: Tensor.of([4], policy()) }) }, people, env.actionSpace),
    sink: {
      onEpisodeStart: () => void played.push([]),
      onStep: (step) => void played.at(-1)!.push(step),
    },
  });
  for (let episode = 0; episode < episodes; episode++)
    await runner.run(new Episode(episode), { seed: firstSeed + episode });
  return played;
}

const successes = (played: PlayedStep[][]) => played.filter((steps) => steps.at(-1)!.transition.signals.success).length;

test("it demonstrates lifting, steering at every step", async () => {
  const played = await play({ mode: "demonstrate", seed: 1 }, 12);
  expect(successes(played)).toBe(12);
  expect(played.flat().every(({ isIntervention }) => isIntervention)).toBe(true);
});

test("its demonstrations differ from each other and are repeatable", async () => {
  const actions = (played: PlayedStep[][]) => played.map((steps) => steps.map(({ action }) => action));
  const first = actions(await play({ mode: "demonstrate", seed: 4 }, 2));
  expect(actions(await play({ mode: "demonstrate", seed: 4 }, 2))).toEqual(first);
  expect(actions(await play({ mode: "demonstrate", seed: 5 }, 2))).not.toEqual(first);
});

test("what it demonstrates in an episode depends on the seeds, not on the episodes before", async () => {
  const actions = (steps: PlayedStep[]) => steps.map(({ action }) => action);
  const [first, second] = await play({ mode: "demonstrate", seed: 4 }, 2);
  const [alone] = await play({ mode: "demonstrate", seed: 4 }, 1, () => HOLD, 1001);
  expect(actions(alone!)).toEqual(actions(second!));
  expect(actions(first!)).not.toEqual(actions(second!));
});

test("it rescues a random policy, after letting it try", async () => {
  const random = new Random(8);
  const policy = () => {
    const action = random.fillUniform(new Float32Array(4), -1, 1);
    action[3] = random.integer(3);
    return action;
  };
  const played = await play({ seed: 2 }, 12, policy);
  expect(successes(played)).toBeGreaterThanOrEqual(11);
  for (const steps of played) expect(steps[0]!.isIntervention).toBe(false);
});

test("with a rate of zero it only watches", async () => {
  const played = await play({ interventionRate: 0 }, 1);
  expect(played[0]).toHaveLength(100);
  expect(played.flat().some(({ isIntervention }) => isIntervention)).toBe(false);
});

test("it knows only what the scene shows: the same views lead to the same actions", async () => {
  const views: VisibleScene[] = [];
  const recording = {
    observe: () => {
      views.push(env.observe());
      return views.at(-1)!;
    },
  };
  const drive = async (operator: ScriptedOperator, step: (action: Float32Array) => Promise<void>) => {
    operator.onEpisodeStart();
    const actions: Float32Array[] = [];
    for (let i = 0; i < 15; i++) {
      operator.getTeleopEvents();
      actions.push(operator.getAction());
      await step(actions.at(-1)!);
    }
    return actions;
  };
  await env.reset({ seed: 6 });
  const seen = await drive(new ScriptedOperator(recording, { mode: "demonstrate", seed: 9 }), async (action) => {
    await env.step(action);
  });
  const replayed = views.values();
  const blind = new ScriptedOperator({ observe: () => replayed.next().value! }, { mode: "demonstrate", seed: 9 });
  expect(await drive(blind, async () => {})).toEqual(seen);
});

test("a wrong option is named", () => {
  expect(() => new ScriptedOperator(env, { interventionRate: 2 })).toThrow("interventionRate: must be at most 1");
  expect(() => new ScriptedOperator(env, { patience: 3 } as ScriptedOperatorInput)).toThrow("patience: unknown key");
});

test("asking for an action before it has looked is an error", () => {
  expect(() => new ScriptedOperator(env).getAction()).toThrow("looks before it acts");
});
