/** Plays whole episodes from known seeds. Episodes with help are counted apart, so that help never looks like skill. */

import type { EvaluationReport } from "../../metrics/run_event.ts";
import { TeleoperatorGroup } from "../../teleoperators/teleoperator_group.ts";
import { holdOnStop } from "../control/gate.ts";
import { EvaluationEpisodes } from "./evaluation_episodes.ts";
import type { EvaluatedEpisode, EvaluatePolicyOptions } from "./evaluation_options.ts";
import { weightsSha256 } from "./weights_hash.ts";
import { wilsonInterval } from "./wilson_interval.ts";

/**
 * Plays the episodes one after another, or shares them among players. An operator who asks for an episode to be recorded
 * again gets it from the same seed.
 *
 * @throws RangeError unless `episodes` is a positive integer and the seeds are integers; the signal's reason when it ends
 *   the evaluation before the first episode does; SensorFaultError when a sensor fails; the environment's, a processor's or
 *   a teleoperator's error.
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
  const { players = [options], observers = [] } = options;
  if (players.length > 1 && !(deterministic && teleoperators.length === 0 && observers.length === 0)) {
    throw new RangeError("several players evaluate deterministic episodes only, without people and observers");
  }
  await people.connect();
  let finished: EvaluatedEpisode[];
  try {
    const all = {
      hold: () => Promise.all(players.map(({ processedEnv }) => processedEnv.env.hold?.())).then(() => {}),
    };
    finished = await holdOnStop(options.stopSwitch, all, () => {
      return shareEpisodes(options, (signal) =>
        players.map((player) => {
          return new EvaluationEpisodes({ ...options, ...player, deterministic, teleoperators: people, signal });
        }),
      );
    });
  } finally {
    await people.disconnect();
  }
  if (finished.length === 0) throw signal!.reason;
  const weights_sha256 = weightsSha256(options.policy.weights());
  return {
    ...summarize(finished, env.controlFrequencyHz),
    seed,
    deterministic,
    weights_sha256,
    step: options.step ?? null,
  };
}

/** Plays every episode once and passes them on in order, regardless of which player is faster. */
async function shareEpisodes(
  { episodes, seed, onEpisode, signal }: EvaluatePolicyOptions,
  makePlayers: (signal: AbortSignal) => readonly EvaluationEpisodes[],
): Promise<EvaluatedEpisode[]> {
  const failed = new AbortController();
  const ending = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const played = new Map<number, EvaluatedEpisode>();
  const finished: EvaluatedEpisode[] = [];
  let begun = 0;
  const play = async (player: EvaluationEpisodes) => {
    while (begun < episodes && !ending.aborted) {
      const episode = begun++;
      let result = await player.play({ episode, seed: seed + episode });
      while (result === "again") result = await player.play({ episode, seed: seed + episode });
      if (result === "aborted") return;
      played.set(episode, result);
      for (let next = played.get(finished.length); next && !ending.aborted; next = played.get(finished.length)) {
        finished.push(next);
        onEpisode?.(next);
      }
    }
  };
  const outcomes = await Promise.allSettled(
    makePlayers(ending).map((player) =>
      play(player).catch((error) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  return finished;
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
