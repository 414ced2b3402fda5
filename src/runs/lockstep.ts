/**
 * The simplest training loop: one environment and a fixed number of updates after every step, all in this thread. Fully
 * deterministic given its seeds. Each episode draws its seed when it begins, so a run saved between two episodes continues
 * like one that was never interrupted.
 */
import type { Env } from "../envs/env.ts";
import { withoutProcessing } from "../envs/processed_env.ts";
import type { RLTrainer } from "../learning/training/rl_trainer.ts";
import type { Policy } from "../policies/policy.ts";
import type { PolicyProcessors } from "../processors/policy_processors.ts";
import type { ReplayFeatures } from "../replay/features.ts";
import type { ReplayStore } from "../replay/replay_source.ts";
import { boundOf } from "../rollout/choose_action.ts";
import { Episode } from "../rollout/episode.ts";
import { EpisodeRunner } from "../rollout/episode_runner.ts";
import { PolicyController } from "../rollout/policy_controller.ts";
import { experienceOf } from "../spec/experience.ts";
import { type Random, Tensor } from "../tensor/index.ts";

export interface LockstepOptions {
  readonly env: Env;
  readonly policy: Pick<Policy, "act" | "reset" | "loadWeights">;
  readonly processors: PolicyProcessors;
  readonly buffer: Pick<ReplayStore, "add">;
  readonly trainer: RLTrainer;
  /** Total steps of the run, including `stepsTaken`. */
  readonly steps: number;
  /** Steps taken before, at the checkpoint that the run resumes from. A new episode begins. */
  readonly stepsTaken?: number;
  /** Steps with uniformly random actions and without updates, before learning begins. */
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
  const { env, policy, processors, buffer, trainer, steps, random } = options;
  const { warmupSteps = 0, updatesPerStep = 1, stepsTaken = 0 } = options;
  const processedEnv = withoutProcessing(env);
  const features = recordedFeatures(env);
  const policyController = new PolicyController({ policy, processors, actionSpace: env.actionSpace });
  const finished = new AbortController();
  const runner: EpisodeRunner = new EpisodeRunner({
    processedEnv,
    stepsTaken,
    signal: finished.signal,
    controller: {
      act: (observation, episode) =>
        runner.stepsTaken < warmupSteps
          ? { action: randomAction(env, random) }
          : policyController.act(observation, episode),
    },
    sink: {
      async onStep({ interactionStep, observation, transition }, episode) {
        const { complementaryInfo: _, ...experience } = experienceOf(observation, transition, features);
        buffer.add(experience);
        if (episode.isOver) {
          const { episodicReturn, length } = episode.end();
          options.onEpisodeEnd?.({ step: interactionStep, episodeReturn: episodicReturn, episodeLength: length });
        }
        if (interactionStep > warmupSteps) {
          for (let update = 0; update < updatesPerStep; update++) await trainer.trainingStep();
          policy.loadWeights(trainer.algorithm.weights());
        }
        await options.onStep?.(interactionStep);
        if (interactionStep >= steps) finished.abort();
      },
    },
  });
  for (let episode = 1; runner.stepsTaken < steps; episode++) {
    const { fault } = await runner.run(new Episode(episode), { seed: random.integer(2 ** 32) });
    if (fault) throw fault;
  }
}

function randomAction({ actionSpace }: Env, random: Random): Tensor<"float32"> {
  const { low, high, shape } = actionSpace;
  return Tensor.of(
    [1, shape[0]!],
    Array.from({ length: shape[0]! }, (_, i) => random.uniform(boundOf(low, i), boundOf(high, i))),
  );
}

/** The environment's observations and actions, without pipelines. */
function recordedFeatures({ observationSpace, actionSpace }: Env): ReplayFeatures {
  return { observation: observationSpace, action: { shape: actionSpace.shape } };
}
