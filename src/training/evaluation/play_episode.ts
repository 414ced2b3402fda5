/** One episode of an evaluation. */
import { isIntervention } from "../../processors/transition.ts";
import { chooseAction } from "../choose_action.ts";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "../env_step.ts";
import { isSuccess } from "../episode_success.ts";
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
  { episode, seed }: Pick<EvaluatedEpisode, "episode" | "seed">,
): Promise<EvaluatedEpisode | "aborted" | "rerecorded"> {
  const acting = { policy, processors, actionSpace: processedEnv.env.actionSpace };
  let { observation } = await resetAndBuildTransition(processedEnv, { seed });
  let episodicReturn = 0;
  let operatorSteps = 0;
  for (let length = 1; !signal?.aborted; length++) {
    const action = await chooseAction(acting, observation!, { deterministic });
    const transition = await stepEnvAndProcessTransition(processedEnv, { observation, action });
    episodicReturn += transition.reward;
    if (isIntervention(transition)) operatorSteps += 1;
    if (transition.terminated || transition.truncated) {
      if (transition.info.rerecord_episode === true) return "rerecorded";
      return { episode, seed, success: isSuccess(transition), episodicReturn, length, operatorSteps };
    }
    observation = transition.observation;
  }
  return "aborted";
}
