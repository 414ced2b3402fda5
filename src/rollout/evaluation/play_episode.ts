/** One episode of an evaluation. */
import { isIntervention, type ProcessorTransition } from "../../processors/transition.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { chooseAction } from "../choose_action.ts";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "../env_step.ts";
import { Episode } from "../episode.ts";
import { Observers, type WatchedStep } from "../observer.ts";
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

type Playing = Pick<
  EvaluatePolicyOptions,
  "processedEnv" | "policy" | "processors" | "stopSwitch" | "signal" | "observers" | "beforeStep"
> & {
  readonly deterministic: boolean;
  /** Environment steps of the whole evaluation. */
  readonly totals: { steps: number };
};

/**
 * @returns `"aborted"` when the signal ended it, `"stopped"` when an emergency stop did, `"rerecorded"` when an operator wants
 *   it played again.
 */
export async function playEpisode(
  { processedEnv, policy, processors, deterministic, stopSwitch, signal, observers = [], beforeStep, totals }: Playing,
  { episode: number, seed }: Pick<EvaluatedEpisode, "episode" | "seed">,
): Promise<EvaluatedEpisode | "aborted" | "rerecorded" | "stopped"> {
  const acting = { policy, processors, actionSpace: processedEnv.env.actionSpace };
  const watching = new Observers<WatchedStep>(observers, (error) => {
    throw error;
  });
  const episode = new Episode(number + 1);
  const holds = stopSwitch?.holds;
  await policy.reset();
  let { observation } = await resetAndBuildTransition(processedEnv, { seed });
  watching.onEpisodeStart({ episode: number + 1, observation: observation!, seed });
  while (!episode.isOver) {
    await beforeStep?.(signal);
    if (signal?.aborted) return "aborted";
    if (stopSwitch?.held || stopSwitch?.holds !== holds) return "stopped";
    const action = await chooseAction(acting, observation!, { deterministic });
    const transition = await stepEnvAndProcessTransition(processedEnv, { observation, action });
    episode.add(transition);
    totals.steps += 1;
    const counts = { episode: number + 1, episodeStep: episode.length, interactionStep: totals.steps };
    watching.onStep({ ...counts, ...watchedStep(observation!, action, transition) });
    observation = transition.observation;
  }
  const end = episode.end();
  watching.onEpisodeEnd(end);
  const { outcome, episodicReturn, length, interventionSteps } = end;
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

function watchedStep(
  observation: TensorRecord,
  policyAction: Tensor<"float32">,
  transition: ProcessorTransition,
): Omit<WatchedStep, "episode" | "episodeStep" | "interactionStep"> {
  const { complementaryData, reward, terminated, truncated, info } = transition;
  const executed = (complementaryData.teleop_action ?? transition.action) as Tensor<"float32">;
  const helped = isIntervention(transition);
  return {
    observation,
    policyAction: policyAction.data,
    action: executed.data,
    isIntervention: helped,
    steeredBy: helped ? "assistant" : null,
    reward,
    nextObservation: transition.observation!,
    terminated,
    truncated,
    info,
  };
}
