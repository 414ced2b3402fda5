/** One episode of an evaluation. */
import { Episode } from "../actor/episode.ts";
import { chooseAction } from "../choose_action.ts";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "../env_step.ts";
import type { EvaluatePolicyOptions } from "./evaluate_policy.ts";

export interface EvaluatedEpisode {
  /** From 0 on. */
  readonly episode: number;
  readonly seed: number;
  readonly success: boolean;
  /** Undiscounted. */
  readonly episodicReturn: number;
  /** Environment steps. */
  readonly length: number;
  /** Steps at which somebody else than the policy steered. */
  readonly operatorSteps: number;
}

type Playing = Pick<EvaluatePolicyOptions, "processedEnv" | "policy" | "processors" | "signal"> & {
  readonly deterministic: boolean;
};

/** @returns `"aborted"` when the signal ended it, `"rerecorded"` when an operator wants it played again. */
export async function playEpisode(
  { processedEnv, policy, processors, deterministic, signal }: Playing,
  { episode: number, seed }: Pick<EvaluatedEpisode, "episode" | "seed">,
): Promise<EvaluatedEpisode | "aborted" | "rerecorded"> {
  const acting = { policy, processors, actionSpace: processedEnv.env.actionSpace };
  const episode = new Episode(number);
  let { observation } = await resetAndBuildTransition(processedEnv, { seed });
  while (!episode.isOver) {
    if (signal?.aborted) return "aborted";
    const action = await chooseAction(acting, observation!, { deterministic });
    const transition = await stepEnvAndProcessTransition(processedEnv, { observation, action });
    episode.add(transition);
    observation = transition.observation;
  }
  const { outcome, episodicReturn, length, interventionSteps } = episode.end();
  if (outcome === "rerecorded") return outcome;
  return {
    episode: number,
    seed,
    success: outcome === "success",
    episodicReturn,
    length,
    operatorSteps: interventionSteps,
  };
}
