/** What a policy can do: whole episodes from known seeds, counted so that nobody's help looks like the policy's skill. */

import type { ProcessedEnv } from "../../envs/processed_env.ts";
import type { EvaluationReport } from "../../metrics/run_event.ts";
import type { Policy } from "../../policies/policy.ts";
import type { PolicyProcessors } from "../../processors/policy_processors.ts";
import type { Teleoperator } from "../../teleoperators/teleoperator.ts";
import { TeleoperatorGroup } from "../../teleoperators/teleoperator_group.ts";
import { holdOnStop } from "../gate.ts";
import type { EpisodeObserver } from "../observer.ts";
import type { SwitchState } from "../stop_switch.ts";
import { type EvaluatedEpisode, EvaluationEpisodes } from "./evaluation_episodes.ts";
import { weightsSha256 } from "./weights_hash.ts";
import { wilsonInterval } from "./wilson_interval.ts";

export interface EvaluatePolicyOptions {
  readonly processedEnv: ProcessedEnv;
  readonly policy: Pick<Policy, "act" | "reset" | "weights">;
  readonly processors: PolicyProcessors;
  /** 100 give ± 4 % at 95 % success. */
  readonly episodes: number;
  /** Episode i starts from seed + i, so that two policies meet the same starts. */
  readonly seed: number;
  /** The most likely action instead of a sample; true unless told. Samples are drawn from the policy's generator. */
  readonly deterministic?: boolean;
  /** Optimisation step of the weights, where it is known. */
  readonly step?: number | null;
  /** Who may help. Episodes in which they steer are reported apart. None unless told. */
  readonly teleoperators?: readonly Teleoperator[];
  readonly onEpisode?: (episode: EvaluatedEpisode) => void;
  /** Who watches: displays, a film. One that throws ends the evaluation. Episodes are numbered from 1 on. */
  readonly observers?: readonly EpisodeObserver[];
  /** Awaited before every step: a pace, a pause, a film that is behind. */
  readonly beforeStep?: (signal?: AbortSignal) => void | Promise<void>;
  /** While it is held nothing moves; the episode that was stopped is then played again, from the same seed. */
  readonly stopSwitch?: SwitchState | undefined;
  /** Ends the evaluation after the current step; the report then covers the episodes before. */
  readonly signal?: AbortSignal;
}

/**
 * Plays the episodes one after another. An operator who asks for an episode to be recorded again gets it from the same seed.
 *
 * @throws RangeError unless `episodes` is a positive integer and the seeds are integers; the signal's reason when it ends
 *   the evaluation before the first episode does; SensorFaultError when a sensor fails; the environment's, a processor's or a teleoperator's error.
 */
export async function evaluatePolicy(options: EvaluatePolicyOptions): Promise<EvaluationReport> {
  const { episodes, seed, deterministic = true, teleoperators = [], signal } = options;
  if (!Number.isSafeInteger(episodes) || episodes < 1) {
    throw new RangeError(`episodes must be a positive integer, got ${episodes}`);
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be an integer, got ${seed}`);
  const { env } = options.processedEnv;
  const actionSpace = options.processedEnv.policyActionSpace;
  const people = new TeleoperatorGroup(teleoperators, { id: env.id, actionSpace });
  const playing = new EvaluationEpisodes({ ...options, deterministic, teleoperators: people });
  const finished: EvaluatedEpisode[] = [];
  await people.connect();
  try {
    await holdOnStop(options.stopSwitch, env, async () => {
      while (finished.length < episodes) {
        const episode = await playing.play({ episode: finished.length, seed: seed + finished.length });
        if (episode === "aborted") break;
        if (episode === "again") continue;
        finished.push(episode);
        options.onEpisode?.(episode);
      }
    });
  } finally {
    await people.disconnect();
  }
  if (finished.length === 0) throw signal!.reason;
  const weights_sha256 = weightsSha256(options.policy.weights());
  return {
    ...summarize(finished, env.controlFrequencyHz),
    ...{ seed, deterministic, weights_sha256, step: options.step ?? null },
  };
}

type Summary = Omit<EvaluationReport, "seed" | "deterministic" | "weights_sha256" | "step">;

function summarize(episodes: readonly EvaluatedEpisode[], controlFrequencyHz: number | undefined): Summary {
  const solved = episodes.filter(({ success }) => success);
  const autonomous = solved.filter(({ operatorSteps }) => operatorSteps === 0);
  const lengths = episodes.map(({ length }) => length);
  const returns = episodes.map(({ episodicReturn }) => episodicReturn);
  const successLength = autonomous.length === 0 ? null : mean(autonomous.map(({ length }) => length));
  return {
    episodes: episodes.length,
    successes: autonomous.length,
    assisted_successes: solved.length - autonomous.length,
    success_rate: autonomous.length / episodes.length,
    success_interval: wilsonInterval(autonomous.length, episodes.length),
    mean_return: mean(returns),
    mean_success_length: successLength,
    cycle_time_s:
      successLength === null || controlFrequencyHz === undefined ? null : successLength / controlFrequencyHz,
    operator_share: sum(episodes.map(({ operatorSteps }) => operatorSteps)) / sum(lengths),
    returns,
    lengths,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
