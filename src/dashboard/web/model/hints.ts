/**
 * What an experienced person would say when looking at the curves, each with the reason. Pure. The learning curve of
 * these tasks is a phase transition and not a slope: with LeRobot's pick-cube task from pixels and 30 demonstrations,
 * autonomous success was 4 % at 13k transitions, 4 % at 26k, 53 % at 34k and 100 % at 36k, and episode length fell from
 * 93 to 12 steps.
 */
import type { SuccessShares } from "../../../metrics/learning_curve.ts";

export interface Hint {
  readonly level: "good" | "info" | "warn";
  readonly text: string;
  readonly reason: string;
}

/** Values of a curve, oldest first. */
export type Values = readonly number[];

export interface RunPicture {
  readonly interactionStep: number;
  /** Over the last episodes. */
  readonly shares: SuccessShares;
  /** Share of all episodes that were solved without help. */
  readonly solvedAlone: Values;
  readonly episodicReturn: Values;
  readonly episodeLength: Values;
  readonly interventionRate: Values;
  readonly lossCritic: Values;
  readonly qMean: Values;
  readonly temperature: Values;
  /** Latest; undefined before the learner's first report. */
  readonly updatesPerStep?: number;
  readonly learnerTraining: boolean;
  /** Of the actor; undefined without one. */
  readonly weightsAgeS?: number;
  readonly jitterP99Ms?: number;
  readonly controlPeriodMs?: number;
}

/** Steps up to which no success is no reason to worry. */
const PATIENCE_STEPS = 30_000;
/** Episodes before shares mean anything. */
const ENOUGH_EPISODES = 10;
const STALE_WEIGHTS_S = 30;

type Rule = (picture: RunPicture) => Hint | undefined;

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
export function hintsFor(picture: RunPicture): Hint[] {
  const order = { warn: 0, good: 1, info: 2 };
  return RULES.flatMap((rule) => rule(picture) ?? []).sort((a, b) => order[a.level] - order[b.level]);
}

/** Relative change from the middle third of the values to the last third; 0 while there are too few. */
export function trend(values: Values): number {
  const third = Math.floor(values.length / 3);
  if (third < 3) return 0;
  const before = mean(values.slice(-2 * third, -third));
  const now = mean(values.slice(-third));
  return (now - before) / Math.max(Math.abs(before), 1e-6);
}

function nothingYet({ shares }: RunPicture): Hint | undefined {
  if (shares.episodes > 0) return undefined;
  return { level: "info", text: "Waiting for the first episode.", reason: "Curves begin when an episode has ended." };
}

function hasNoSuccess({ shares }: RunPicture): boolean {
  return shares.autonomousEpisodes > 0 && shares.autonomousSuccess === 0;
}

function noSuccessYet(picture: RunPicture): Hint | undefined {
  if (!hasNoSuccess(picture) || picture.interactionStep >= PATIENCE_STEPS) return undefined;
  return {
    level: "info",
    text: `No success of its own at ${steps(picture.interactionStep)} is normal for this kind of task.`,
    reason: "Success comes as a jump, not as a slope. Episode length usually falls first.",
  };
}

function noSuccessForLong(picture: RunPicture): Hint | undefined {
  if (!hasNoSuccess(picture) || picture.interactionStep < PATIENCE_STEPS) return undefined;
  return {
    level: "warn",
    text: `Still no success of its own at ${steps(picture.interactionStep)}.`,
    reason:
      "Comparable runs had the jump by 34k steps. Help with short corrections near the goal, or add demonstrations.",
  };
}

function lengthFalls({ episodeLength, shares }: RunPicture): Hint | undefined {
  if (trend(episodeLength) > -0.15 || (shares.solvedAlone ?? 0) > 0.8) return undefined;
  return {
    level: "good",
    text: "Episodes are getting shorter.",
    reason: "It is usually the first sign that the policy has found the way, before the success rate moves.",
  };
}

function allHelped({ shares }: RunPicture): Hint | undefined {
  if (shares.episodes < ENOUGH_EPISODES || shares.autonomousEpisodes > 0) return undefined;
  return {
    level: "warn",
    text: "Every recent episode had help: nobody knows what the policy can do alone.",
    reason: "Let some episodes run untouched; early failures teach, too.",
  };
}

function operatorSucceeds({ shares }: RunPicture): Hint | undefined {
  const { assistedSuccess, solvedAlone, episodes } = shares;
  if (assistedSuccess === null || solvedAlone === null || episodes < ENOUGH_EPISODES) return undefined;
  if (assistedSuccess < 0.6 || solvedAlone > 0.2) return undefined;
  return {
    level: "info",
    text: "Success so far is the helper’s, not the policy’s.",
    reason: `Episodes with help succeed at ${percent(assistedSuccess)}; of all episodes ${percent(solvedAlone)} were solved alone.`,
  };
}

function temperatureAgainstSuccess({ temperature, solvedAlone }: RunPicture): Hint | undefined {
  if (trend(temperature) < 0.25 || trend(solvedAlone) > -0.1) return undefined;
  return {
    level: "warn",
    text: "Temperature is rising while success falls: lower temperature_init.",
    reason: "A higher temperature pays the policy for acting at random, and it takes the offer.",
  };
}

function criticDiverges({ lossCritic }: RunPicture): Hint | undefined {
  if (trend(lossCritic) < 4) return undefined;
  return {
    level: "warn",
    text: "The critic’s loss is growing fast.",
    reason: "A steady rise is divergence: check the rewards’ scale, lower critic_lr or utd_ratio.",
  };
}

function qAboveReturns({ qMean, episodicReturn }: RunPicture): Hint | undefined {
  const q = qMean.at(-1);
  if (q === undefined || episodicReturn.length < ENOUGH_EPISODES) return undefined;
  const best = Math.max(1, ...episodicReturn);
  if (q <= 2 * best) return undefined;
  return {
    level: "warn",
    text: `Q values (${q.toPrecision(2)}) are beyond any return so far (${best.toPrecision(2)}).`,
    reason: "The critics believe in rewards that do not exist: use more critics, or fewer updates per step.",
  };
}

function fewUpdates({ updatesPerStep, learnerTraining, interactionStep }: RunPicture): Hint | undefined {
  if (updatesPerStep === undefined || !learnerTraining || interactionStep < 1000 || updatesPerStep >= 0.5)
    return undefined;
  return {
    level: "warn",
    text: `Only ${updatesPerStep.toFixed(2)} updates per environment step.`,
    reason: "The learner falls behind the robot. Lower fps or the batch size, or set handrail.updates_per_step.min.",
  };
}

function staleWeights({ weightsAgeS, learnerTraining }: RunPicture): Hint | undefined {
  if (weightsAgeS === undefined || !learnerTraining || weightsAgeS < STALE_WEIGHTS_S) return undefined;
  return {
    level: "warn",
    text: `The robot acts on weights that are ${Math.round(weightsAgeS)} s old.`,
    reason:
      "The learner trains, but its weights do not arrive: look at the connection and policy_parameters_push_frequency.",
  };
}

function jitter({ jitterP99Ms, controlPeriodMs }: RunPicture): Hint | undefined {
  if (jitterP99Ms === undefined || controlPeriodMs === undefined || jitterP99Ms < 0.25 * controlPeriodMs)
    return undefined;
  return {
    level: "warn",
    text: `Control steps begin up to ${Math.round(jitterP99Ms)} ms late.`,
    reason: `That is much of a step of ${Math.round(controlPeriodMs)} ms: the machine is busy. Run the learner elsewhere.`,
  };
}

function lessHelp({ interventionRate, solvedAlone, shares }: RunPicture): Hint | undefined {
  if (trend(interventionRate) > -0.2 || trend(solvedAlone) < 0 || (shares.solvedAlone ?? 0) < 0.3) return undefined;
  return {
    level: "good",
    text: "Less help is needed, and success holds.",
    reason: "That is how a run with a person in the loop should look.",
  };
}

function solved({ shares }: RunPicture): Hint | undefined {
  const { solvedAlone, episodes } = shares;
  if (solvedAlone === null || episodes < 20 || solvedAlone < 0.9) return undefined;
  return {
    level: "good",
    text: `${percent(solvedAlone)} of the last ${episodes} episodes were solved without help.`,
    reason: "Those were exploring; evaluate now to see the deterministic policy, with a confidence interval.",
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
