/**
 * The plainest training loop: one environment, a fixed number of updates after every step, all in this thread. Fully
 * deterministic given its seeds. Each episode begins from a seed drawn when it begins, so a run saved between two episodes
 * and one that was never interrupted go on alike.
 */
import type { Env, Observation } from "../envs/env.ts";
import type { RLTrainer } from "../learning/training/rl_trainer.ts";
import type { Policy } from "../policies/policy.ts";
import type { PolicyProcessors } from "../processors/policy_processors.ts";
import type { ReplayStore } from "../replay/replay_source.ts";
import { boundOf, chooseAction } from "../rollout/choose_action.ts";
import { toTensors } from "../rollout/env_step.ts";
import type { Random } from "../tensor/index.ts";

export interface LockstepOptions {
  readonly env: Env;
  readonly policy: Pick<Policy, "act" | "reset" | "loadWeights">;
  readonly processors: PolicyProcessors;
  readonly buffer: Pick<ReplayStore, "add">;
  readonly trainer: RLTrainer;
  /** Where the run ends, counted from its very beginning. */
  readonly steps: number;
  /** Steps that were taken before: those of the checkpoint that the run goes on from. A new episode begins. */
  readonly stepsTaken?: number;
  /** Steps with uniformly random actions, without updates, before learning begins. */
  readonly warmupSteps?: number;
  readonly updatesPerStep?: number;
  /** Draws the actions of the warm-up and the seeds of the episodes. */
  readonly random: Random;
  readonly onEpisodeEnd?: (episode: EpisodeSummary) => void;
  readonly onStep?: (step: number) => void | Promise<void>;
}

export interface EpisodeSummary {
  /** Environment steps taken so far. */
  readonly step: number;
  readonly episodeReturn: number;
  readonly episodeLength: number;
}

export async function trainLockstep(options: LockstepOptions): Promise<void> {
  const { env, policy, buffer, trainer, steps, warmupSteps = 0, updatesPerStep = 1, stepsTaken = 0, random } = options;
  let observation: Observation | undefined;
  let episodeReturn = 0;
  let episodeLength = 0;
  for (let step = stepsTaken + 1; step <= steps; step++) {
    observation ??= (await env.reset({ seed: random.integer(2 ** 32) })).observation;
    const action = step <= warmupSteps ? randomAction(env, random) : await explore(options, observation);
    const result = await env.step(action);
    const { reward, terminated, truncated } = result;
    buffer.add({ observation, action, reward, nextObservation: result.observation, terminated, truncated });
    episodeReturn += reward;
    episodeLength += 1;
    observation = result.observation;
    if (terminated || truncated) {
      options.onEpisodeEnd?.({ step, episodeReturn, episodeLength });
      observation = undefined;
      episodeReturn = 0;
      episodeLength = 0;
    }
    if (step > warmupSteps) {
      for (let update = 0; update < updatesPerStep; update++) await trainer.trainingStep();
      policy.loadWeights(trainer.algorithm.weights());
    }
    await options.onStep?.(step);
  }
}

async function explore({ env, policy, processors }: LockstepOptions, observation: Observation): Promise<Float32Array> {
  const acting = { policy, processors, actionSpace: env.actionSpace };
  const action = await chooseAction(acting, toTensors(observation, env.observationSpace), { deterministic: false });
  return action.data;
}

function randomAction({ actionSpace }: Env, random: Random): Float32Array {
  const { low, high, shape } = actionSpace;
  return Float32Array.from({ length: shape[0]! }, (_, i) => random.uniform(boundOf(low, i), boundOf(high, i)));
}
