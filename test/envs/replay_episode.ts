/** Plays a recorded episode's actions in our environment and measures how far the two drift apart. */
import type { Observation, StepResult } from "../../src/envs/env.ts";
import type { PandaEnv } from "../../src/envs/panda_pick_cube/panda_env.ts";
import { makePandaEnv } from "../../src/envs/panda_pick_cube/variants.ts";
import type { RecordedEpisode } from "./recorded_episode.ts";

/** Compared quantities, with the largest deviation allowed while nothing touches the cube. */
export const TOLERANCES = {
  "joint position (rad)": 2e-3,
  "joint velocity (rad/s)": 2e-2,
  "gripper command": 1e-3,
  "tool position (m)": 2e-3,
  "tool target (m)": 1e-6,
  "cube position (m)": 2e-3,
} as const;
export type Quantity = keyof typeof TOLERANCES;

/** Allowed for the whole episode: a sparse reward is a decision, a dense one follows the cube. */
export const REWARD_TOLERANCE = { sparse: 0, dense: 2e-2 } as const;

/** The recording's cube counts as touched once it is this far from where it settled. */
const TOUCHED_M = 5e-4;

export interface Deviation {
  worst: number;
  /** Index of the step where it was worst; −1 is the reset. */
  step: number;
}

export interface ReplayReport {
  /** Steps before the recorded cube moved; all of them if it never did. */
  readonly untouchedSteps: number;
  readonly replayedSteps: number;
  readonly untouched: Readonly<Record<Quantity, Deviation>>;
  readonly whole: Readonly<Record<Quantity, Deviation>>;
  readonly reward: Deviation;
  readonly penalty: Deviation;
  /** Disagreements about success, termination or truncation, in words. Empty if both agree. */
  readonly disagreements: readonly string[];
}

export async function replayEpisode(episode: RecordedEpisode): Promise<ReplayReport> {
  const env = await makeRecordedEnv(episode);
  try {
    return await replayIn(env, episode);
  } finally {
    await env.close();
  }
}

async function makeRecordedEnv(episode: RecordedEpisode): Promise<PandaEnv> {
  const recordedSteps = episode.steps.length;
  // A recording beyond the usual limit was made without one.
  const unlimited = recordedSteps >= 100 && !episode.steps[recordedSteps - 1]!.truncated;
  return makePandaEnv(`${episode.env}-v0`, {
    ...(unlimited ? { maxEpisodeSteps: recordedSteps + 1 } : {}),
    rewardType: episode.reward_type,
    controlDt: episode.control_dt,
    gripperConvention: "gym_hil",
  });
}

async function replayIn(env: PandaEnv, episode: RecordedEpisode): Promise<ReplayReport> {
  const untouchedSteps = countUntouchedSteps(episode);
  const untouched = noDeviations();
  const whole = noDeviations();
  const reward = { worst: 0, step: -1 };
  const penalty = { worst: 0, step: -1 };
  const disagreements: string[] = [];
  const note = (step: number, observation: Observation, expected: RecordedState, target?: readonly number[]) => {
    for (const [quantity, value] of deviations(env, observation, expected, target)) {
      if (step < untouchedSteps) update(untouched[quantity], value, step);
      update(whole[quantity], value, step);
    }
  };

  const { observation } = await env.reset({
    options: { blockPosition: episode.reset.block, jointPositions: episode.reset.agent_pos.slice(0, 7) },
  });
  note(-1, observation, episode.reset);
  let replayedSteps = 0;
  for (const [step, expected] of episode.steps.entries()) {
    const result = await env.step(Float32Array.from(expected.action));
    replayedSteps++;
    note(step, result.observation, expected, expected.target);
    update(reward, Math.abs(result.reward - expected.reward), step);
    if (expected.discrete_penalty !== undefined && "discrete_penalty" in result.info) {
      update(penalty, Math.abs((result.info.discrete_penalty as number) - expected.discrete_penalty), step);
    }
    disagreements.push(...disagreementsAt(step, result, expected));
    if (result.terminated || result.truncated || expected.terminated) break;
  }
  return { untouchedSteps, replayedSteps, untouched, whole, reward, penalty, disagreements };
}

type RecordedState = Pick<RecordedEpisode["reset"], "agent_pos" | "environment_state">;

/** Everything past its tolerance, in words. */
export function failuresOf(report: ReplayReport, episode: RecordedEpisode): string[] {
  const failures = [...report.disagreements];
  for (const [quantity, tolerance] of Object.entries(TOLERANCES) as [Quantity, number][]) {
    const { worst, step } = report.untouched[quantity];
    if (worst > tolerance) failures.push(`${quantity} off by ${worst.toExponential(2)} at step ${step}`);
  }
  const rewardTolerance = REWARD_TOLERANCE[episode.reward_type];
  if (report.reward.worst > rewardTolerance) {
    failures.push(`reward off by ${report.reward.worst.toExponential(2)} at step ${report.reward.step}`);
  }
  if (report.penalty.worst > 1e-9) failures.push(`gripper penalty differs at step ${report.penalty.step}`);
  return failures;
}

function* deviations(
  env: PandaEnv,
  observation: Observation,
  expected: RecordedState,
  target?: readonly number[],
): Generator<[Quantity, number]> {
  const arm = observation.agent_pos!;
  const part = (from: number, to: number) => worstOf(arm.subarray(from, to), expected.agent_pos.slice(from, to));
  yield ["joint position (rad)", part(0, 7)];
  yield ["joint velocity (rad/s)", part(7, 14)];
  yield ["gripper command", part(14, 15)];
  yield ["tool position (m)", part(15, 18)];
  yield ["cube position (m)", worstOf(observation.environment_state!, expected.environment_state)];
  if (target !== undefined) yield ["tool target (m)", worstOf(env.toolTarget, target)];
}

function worstOf(actual: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((worst, value, i) => Math.max(worst, Math.abs(actual[i]! - value)), 0);
}

function disagreementsAt(step: number, result: StepResult, expected: RecordedEpisode["steps"][number]): string[] {
  const pairs = {
    succeed: [result.info.succeed, expected.succeed],
    terminated: [result.terminated, expected.terminated],
    // A terminated episode is never also truncated here; gym's time limit sets both.
    truncated: [result.truncated, expected.truncated && !expected.terminated],
  };
  return Object.entries(pairs)
    .filter(([, [ours, theirs]]) => ours !== theirs)
    .map(([name, [ours, theirs]]) => `${name} is ${ours} at step ${step}, recorded ${theirs}`);
}

function countUntouchedSteps({ steps }: RecordedEpisode): number {
  const settled = steps[0]!.environment_state;
  const touched = steps.findIndex(({ environment_state }) => worstOf(environment_state, settled) > TOUCHED_M);
  return touched < 0 ? steps.length : touched;
}

function noDeviations(): Record<Quantity, Deviation> {
  const quantities = Object.keys(TOLERANCES) as Quantity[];
  return Object.fromEntries(quantities.map((name) => [name, { worst: 0, step: -1 }])) as Record<Quantity, Deviation>;
}

function update(deviation: Deviation, value: number, step: number): void {
  if (value <= deviation.worst) return;
  deviation.worst = value;
  deviation.step = step;
}
