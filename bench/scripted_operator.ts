/** Success rate of the scripted operator: demonstrating on random cubes, and rescuing a random policy. */

import { processSimulation } from "../src/envs/gym_manipulator/pipelines.ts";
import { makePandaEnv } from "../src/envs/panda_pick_cube/variants.ts";
import { Episode } from "../src/rollout/episode.ts";
import { type Controller, EpisodeRunner } from "../src/rollout/episode_runner.ts";
import { teleoperated } from "../src/rollout/teleoperated_controller.ts";
import type { ScriptedOperatorInput } from "../src/teleoperators/scripted/options.ts";
import { ScriptedOperator } from "../src/teleoperators/scripted/scripted_operator.ts";
import { TeleoperatorGroup } from "../src/teleoperators/teleoperator_group.ts";
import { Random } from "../src/tensor/random.ts";
import { Tensor } from "../src/tensor/tensor.ts";
import type { Row } from "./measure.ts";

/** The cube of episode e comes from seed FIRST_SEED + e. */
const FIRST_SEED = 10_000;

interface Tally {
  successes: number;
  steps: number;
  steered: number;
}

interface OperatorCase {
  readonly name: string;
  readonly options: ScriptedOperatorInput;
  readonly target?: string;
}

export const OPERATOR_CASES: readonly OperatorCase[] = [
  { name: "demonstrations that succeed", options: { mode: "demonstrate" }, target: "≥ 0.98" },
  {
    name: "random policy under interventions: episodes that succeed",
    options: { mode: "intervene" },
    target: "≥ 0.9",
  },
  {
    name: "the same while the rate decays from 1 to 0.1",
    options: { mode: "intervene", interventionDecay: 0.995, minInterventionRate: 0.1 },
  },
];

export async function scriptedOperatorRows(episodes = 500): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of OPERATOR_CASES) rows.push(await successRow(one, episodes));
  return rows;
}

export async function successRow({ name, options, target }: OperatorCase, episodes: number): Promise<Row> {
  const { successes, steps, steered } = await play(options, episodes);
  const share = Math.round((100 * steered) / steps);
  const detail = `${successes} of ${episodes}; ${(steps / episodes).toFixed(1)} steps each, ${share} % steered`;
  return { name, value: successes / episodes, unit: "share", detail, ...(target === undefined ? {} : { target }) };
}

async function play(options: ScriptedOperatorInput, episodes: number): Promise<Tally> {
  const env = await makePandaEnv("PandaPickCube-v0", { randomBlockPosition: true });
  const operator = new ScriptedOperator(env, { ...options, seed: 1 });
  const random = new Random(2);
  const randomPolicy: Controller = {
    act() {
      const action = random.fillUniform(new Float32Array(4), -1, 1);
      action[3] = random.integer(3);
      return { action: Tensor.of([4], action) };
    },
  };
  const runner = new EpisodeRunner({
    processedEnv: processSimulation(env),
    controller: teleoperated(randomPolicy, new TeleoperatorGroup([operator], env), env.actionSpace),
  });
  const tally: Tally = { successes: 0, steps: 0, steered: 0 };
  for (let number = 0; number < episodes; number++) {
    const episode = new Episode(number + 1);
    await runner.run(episode, { seed: FIRST_SEED + number });
    const { outcome, length, interventionSteps } = episode.end();
    tally.steps += length;
    tally.steered += interventionSteps;
    if (outcome === "success") tally.successes++;
  }
  await env.close();
  return tally;
}
