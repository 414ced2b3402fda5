/** Environments of one config in threads of their own, for evaluations that play on all of them at once. */
import { availableParallelism } from "node:os";
import { settingsOfEnv } from "../../envs/env_types.ts";
import { type ConfiguredEnv, closeProcessedEnv } from "../../envs/processed_env.ts";
import { type MakeProcessedEnvOptions, makeProcessedEnv } from "../make_processed_env.ts";

/** More threads than this wait for the policy. */
const MOST_ENVS = 8;
/** A thread that plays fewer episodes costs more to start than it saves. */
const FEWEST_EPISODES_EACH = 5;

/**
 * How many environments play so many episodes fastest on this machine: one more than there are processors, so that none is
 * idle while an environment waits for its policy.
 */
export function envsFor(episodes: number, processors = availableParallelism()): number {
  if (processors === 1) return 1;
  return Math.max(1, Math.min(processors + 1, MOST_ENVS, Math.floor(episodes / FEWEST_EPISODES_EACH)));
}

type Config = Parameters<typeof makeProcessedEnv>[0];

/** How many environments of this config play so many episodes fastest: one that is no simulation stays alone. */
export function envsOf({ env }: Pick<Config, "env">, episodes: number): number {
  return env && settingsOfEnv(env).runsInThreads ? envsFor(episodes) : 1;
}

/**
 * Makes as many environments as play `episodes` fastest; a single one stays in this thread.
 *
 * @throws Error as `makeProcessedEnv` does, with nothing left open.
 */
export async function makeEnvsSideBySide(
  config: Config,
  episodes: number,
  options: MakeProcessedEnvOptions = {},
): Promise<readonly ConfiguredEnv[]> {
  const count = envsOf(config, episodes);
  if (count === 1) return [await makeProcessedEnv(config, options)];
  const made = await Promise.allSettled(
    Array.from({ length: count }, () => makeProcessedEnv(config, { ...options, inThread: true })),
  );
  const envs = made.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const failed = made.find((outcome) => outcome.status === "rejected");
  if (failed === undefined) return envs;
  await closeEnvs(envs);
  throw failed.reason;
}

export async function closeEnvs(envs: readonly ConfiguredEnv[]): Promise<void> {
  await Promise.all(envs.map(closeProcessedEnv));
}
