/** Several environments of one config, each in its own thread, for parallel evaluations. */
import { availableParallelism } from "node:os";
import { settingsOfEnv } from "../../envs/env_types.ts";
import { type ConfiguredEnv, closeProcessedEnv } from "../../envs/processed_env.ts";
import { type MakeProcessedEnvOptions, makeProcessedEnv } from "../make_processed_env.ts";

/** With more threads, environments mostly wait for the policy. */
const MOST_ENVS = 8;
/** With fewer episodes, a thread takes longer to start than it saves. */
const FEWEST_EPISODES_EACH = 5;

/**
 * The number of environments that plays `episodes` fastest on this machine: at most one more than it has processors, to keep
 * them busy while an environment waits for its policy.
 */
export function envsFor(episodes: number, processors = availableParallelism()): number {
  if (processors === 1) return 1;
  return Math.max(1, Math.min(processors + 1, MOST_ENVS, Math.floor(episodes / FEWEST_EPISODES_EACH)));
}

type Config = Parameters<typeof makeProcessedEnv>[0];

/** The number of environments of this config that plays `episodes` fastest; 1 if it cannot run in threads. */
export function envsOf({ env }: Pick<Config, "env">, episodes: number): number {
  return env && settingsOfEnv(env).runsInThreads ? envsFor(episodes) : 1;
}

/**
 * Makes the number of environments that plays `episodes` fastest. A single one runs in this thread.
 *
 * @throws Error as `makeProcessedEnv` does; then nothing stays open.
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
