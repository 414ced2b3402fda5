/**
 * Rules that derive hints from a run's curves, each with a reason. Pure. Success in these tasks rises in a jump, not
 * gradually: with LeRobot's pick-cube task from pixels and 30 demonstrations, autonomous success was 4 % at 13k
 * transitions, 4 % at 26k, 53 % at 34k and 100 % at 36k, and episode length fell from 93 to 12 steps.
 */
import type { SuccessShares } from "../../../metrics/learning_curve.ts";

export interface Hint {
  readonly level: "good" | "info" | "warn";
  readonly text: string;
  readonly reason: string;
}

/** Values of a curve, oldest first. */
export type Values = readonly number[];

export interface HintInputs {
  readonly interactionStep: number;
  /** A run without actors has no episodes. Default: false. */
  readonly isOffline?: boolean;
  /** Over the latest episodes. */
  readonly shares: SuccessShares;
  /** Share of all episodes that were solved without help. */
  readonly solvedAlone: Values;
  readonly episodicReturn: Values;
  readonly episodeLength: Values;
  readonly interventionRate: Values;
  readonly lossCritic: Values;
  readonly qMean: Values;
  readonly temperature: Values;
  /** The latest value; undefined before the learner's first report. */
  readonly updatesPerStep?: number;
  readonly learnerTraining: boolean;
  /** The actor's; undefined without one. */
  readonly weightsAgeS?: number;
  readonly jitterP99Ms?: number;
  readonly controlPeriodMs?: number;
}

/** Up to this step, no success is normal. */
const PATIENCE_STEPS = 30_000;
/** Episodes before shares mean anything. */
const ENOUGH_EPISODES = 10;
const STALE_WEIGHTS_S = 30;

type Rule = (inputs: HintInputs) => Hint | undefined;

const RULES: readonly Rule[] = [
  nothingYet,
  noSuccessYet,
  noSuccessForLong,
  lengthFalls,
  allHelped,
  operatorSucceeds,
  temperatureAgainstSuccess,
  criticDiverges,
  qAboveReturns,
  fewUpdates,
  staleWeights,
  jitter,
  lessHelp,
  solved,
];

/** Warnings first. */
export function hintsFor(inputs: HintInputs): Hint[] {
  const order = { warn: 0, good: 1, info: 2 };
  return RULES.flatMap((rule) => rule(inputs) ?? []).sort((a, b) => order[a.level] - order[b.level]);
}

/** Relative change from the middle third of the values to the last third; 0 for too few values. */
export function trend(values: Values): number {
  const third = Math.floor(values.length / 3);
  if (third < 3) return 0;
  const before = mean(values.slice(-2 * third, -third));
  const now = mean(values.slice(-third));
  return (now - before) / Math.max(Math.abs(before), 1e-6);
}

function nothingYet({ shares, isOffline = false }: HintInputs): Hint | undefined {
  if (isOffline || shares.episodes > 0) return undefined;
  return {
    level: "info",
    text: "Waiting for the first episode.",
    reason: "Curves start with the end of the first episode.",
  };
}

function hasNoSuccess({ shares }: HintInputs): boolean {
  return shares.autonomousEpisodes > 0 && shares.autonomousSuccess === 0;
}

function noSuccessYet(inputs: HintInputs): Hint | undefined {
  if (!hasNoSuccess(inputs) || inputs.interactionStep >= PATIENCE_STEPS) return undefined;
  return {
    level: "info",
    text: `No success without help at ${steps(inputs.interactionStep)} is normal for this kind of task.`,
    reason: "Success usually rises in a jump, not gradually. Episode length falls first.",
  };
}

function noSuccessForLong(inputs: HintInputs): Hint | undefined {
  if (!hasNoSuccess(inputs) || inputs.interactionStep < PATIENCE_STEPS) return undefined;
  return {
    level: "warn",
    text: `Still no success without help at ${steps(inputs.interactionStep)}.`,
    reason: "Comparable runs succeeded by 34k steps. Help with short corrections near the goal, or add demonstrations.",
  };
}

function lengthFalls({ episodeLength, shares }: HintInputs): Hint | undefined {
  if (trend(episodeLength) > -0.15 || (shares.solvedAlone ?? 0) > 0.8) return undefined;
  return {
    level: "good",
    text: "Episodes are getting shorter.",
    reason: "This is usually the first sign of progress, before the success rate rises.",
  };
}

function allHelped({ shares }: HintInputs): Hint | undefined {
  if (shares.episodes < ENOUGH_EPISODES || shares.autonomousEpisodes > 0) return undefined;
  return {
    level: "warn",
    text: "Every recent episode had help: the policy’s own success rate is unknown.",
    reason: "Leave some episodes to the policy; early failures are useful data, too.",
  };
}

function operatorSucceeds({ shares }: HintInputs): Hint | undefined {
  const { assistedSuccess, solvedAlone, episodes } = shares;
  if (assistedSuccess === null || solvedAlone === null || episodes < ENOUGH_EPISODES) return undefined;
  if (assistedSuccess < 0.6 || solvedAlone > 0.2) return undefined;
  return {
    level: "info",
    text: "So far, episodes succeed because of help.",
    reason: `${percent(assistedSuccess)} of the episodes with help succeed, but only ${percent(solvedAlone)} of all episodes are solved alone.`,
  };
}

function temperatureAgainstSuccess({ temperature, solvedAlone }: HintInputs): Hint | undefined {
  if (trend(temperature) < 0.25 || trend(solvedAlone) > -0.1) return undefined;
  return {
    level: "warn",
    text: "Temperature is rising while success falls: lower temperature_init.",
    reason: "A higher temperature rewards the policy for random actions.",
  };
}

function criticDiverges({ lossCritic }: HintInputs): Hint | undefined {
  if (trend(lossCritic) < 4) return undefined;
  return {
    level: "warn",
    text: "The critic’s loss is growing fast.",
    reason: "A steady rise means divergence: check the reward scale, or lower critic_lr or utd_ratio.",
  };
}

function qAboveReturns({ qMean, episodicReturn }: HintInputs): Hint | undefined {
  const q = qMean.at(-1);
  if (q === undefined || episodicReturn.length < ENOUGH_EPISODES) return undefined;
  const best = Math.max(1, ...episodicReturn);
  if (q <= 2 * best) return undefined;
  return {
    level: "warn",
    text: `Q values (${q.toPrecision(2)}) exceed the best return so far (${best.toPrecision(2)}).`,
    reason: "The critics overestimate returns: use more critics, or fewer updates per step.",
  };
}

function fewUpdates({ updatesPerStep, learnerTraining, interactionStep }: HintInputs): Hint | undefined {
  if (updatesPerStep === undefined || !learnerTraining || interactionStep < 1000 || updatesPerStep >= 0.5)
    return undefined;
  return {
    level: "warn",
    text: `Only ${updatesPerStep.toFixed(2)} updates per environment step.`,
    reason: "The learner falls behind the robot. Lower fps or the batch size, or set handrail.updates_per_step.min.",
  };
}

function staleWeights({ weightsAgeS, learnerTraining }: HintInputs): Hint | undefined {
  if (weightsAgeS === undefined || !learnerTraining || weightsAgeS < STALE_WEIGHTS_S) return undefined;
  return {
    level: "warn",
    text: `The robot’s weights are ${Math.round(weightsAgeS)} s old.`,
    reason:
      "The learner trains, but its weights do not arrive: check the connection and policy_parameters_push_frequency.",
  };
}

function jitter({ jitterP99Ms, controlPeriodMs }: HintInputs): Hint | undefined {
  if (jitterP99Ms === undefined || controlPeriodMs === undefined || jitterP99Ms < 0.25 * controlPeriodMs)
    return undefined;
  return {
    level: "warn",
    text: `Control steps start up to ${Math.round(jitterP99Ms)} ms late.`,
    reason: `A step takes ${Math.round(controlPeriodMs)} ms: the machine is overloaded. Run the learner on another one.`,
  };
}

function lessHelp({ interventionRate, solvedAlone, shares }: HintInputs): Hint | undefined {
  if (trend(interventionRate) > -0.2 || trend(solvedAlone) < 0 || (shares.solvedAlone ?? 0) < 0.3) return undefined;
  return {
    level: "good",
    text: "Less help is needed, and success does not drop.",
    reason: "This is how a run with a person in the loop should develop.",
  };
}

function solved({ shares }: HintInputs): Hint | undefined {
  const { solvedAlone, episodes } = shares;
  if (solvedAlone === null || episodes < 20 || solvedAlone < 0.9) return undefined;
  return {
    level: "good",
    text: `${percent(solvedAlone)} of the last ${episodes} episodes were solved without help.`,
    reason: "These episodes had exploration noise; evaluate now to measure the deterministic policy.",
  };
}

function mean(values: Values): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function steps(count: number): string {
  return count < 1000 ? `${count} steps` : `${(count / 1000).toFixed(count < 10_000 ? 1 : 0)}k steps`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
