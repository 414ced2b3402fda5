/** Extracts the inputs of the hints from the run model. */
import type { HintInputs } from "./hints.ts";
import type { RunModel } from "./run_model.ts";

export function hintInputsOf({ curves, actors, learner, facts, interactionStep, isOffline }: RunModel): HintInputs {
  const [actor] = actors.values();
  const metric = (name: string) => curves.training.get(name)?.y ?? [];
  const frequency = facts?.control_frequency_hz;
  return {
    ...{ interactionStep, isOffline },
    shares: curves.shares,
    solvedAlone: curves.solvedAlone.y,
    episodicReturn: curves.episodicReturn.y,
    episodeLength: curves.episodeLength.y,
    interventionRate: curves.interventionRate.y,
    lossCritic: metric("loss_critic"),
    qMean: metric("q_mean"),
    temperature: metric("temperature"),
    ...(learner && { updatesPerStep: learner.updates_per_step }),
    learnerTraining: learner?.state === "training",
    ...(actor && { weightsAgeS: actor.parameters_age_s, jitterP99Ms: actor.control_jitter_p99_ms }),
    ...(frequency && { controlPeriodMs: 1000 / frequency }),
  };
}
