/**
 * Old LeRobot configs as new ones. Until LeRobot 0.5 the policy "sac" held both the network and how it learns; since then
 * the network is the policy "gaussian_actor" and the rest is the algorithm "sac". Pure: values in, values and notes out.
 */

import { isPlainObject } from "../path.ts";
import { migrateEnv } from "./migrate_env.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface Migration {
  readonly config: unknown;
  /** What was changed, one sentence each; empty when nothing had to be. */
  readonly notes: readonly string[];
}

/** Keys that moved from the policy to the algorithm. */
const ALGORITHM_KEYS: ReadonlySet<string> = new Set([
  "actor_lr",
  "critic_lr",
  "temperature_lr",
  "discount",
  "use_backup_entropy",
  "critic_target_update_weight",
  "num_critics",
  "num_subsample_critics",
  "critic_network_kwargs",
  "temperature_init",
  "target_entropy",
  "utd_ratio",
  "policy_update_freq",
  "grad_clip_norm",
  "use_torch_compile",
]);

/** Keys that no longer exist, with the reason. */
const REMOVED_KEYS: ReadonlyMap<string, string> = new Map([
  ["online_env_seed", "the training config's seed is used"],
  ["camera_number", "the cameras are counted from input_features"],
]);

/** Keys of the config itself. */
export const RENAMED_TRAINING_KEYS: ReadonlyMap<string, string> = new Map([["eval_freq", "env_eval_freq"]]);

/**
 * Brings a training config up to date; one that already is comes back as it is. A key that exists both in the old and in
 * the new place keeps the new place's value.
 */
export function migrateTrainingConfig(config: unknown): Migration {
  if (!isPlainObject(config)) return { config, notes: [] };
  const renamed = migrateEnvironment(renameKeys(config));
  const policy = renamed.config.policy;
  if (!isPlainObject(policy) || policy.type !== "sac") return renamed;
  const split = splitSacPolicy(policy);
  const present = isPlainObject(config.algorithm) ? config.algorithm : {};
  const kept = Object.keys(split.algorithm).filter((key) => key !== "type" && Object.hasOwn(present, key));
  const algorithm = { ...split.algorithm, ...present };
  const notes = kept.map((key) => `algorithm.${key} was already set and keeps its value; policy.${key} is dropped`);
  return {
    config: { ...renamed.config, policy: split.policy, algorithm },
    notes: [...renamed.notes, ...split.notes, ...notes],
  };
}

/** An old policy (the content of its `config.json`) as the new policy and what belongs to the algorithm now. */
export function splitSacPolicy(old: Fields): { policy: Fields; algorithm: Fields; notes: readonly string[] } {
  const policy: Record<string, unknown> = {};
  const algorithm: Record<string, unknown> = { type: "sac" };
  const notes = ['policy.type: "sac" is now "gaussian_actor"'];
  for (const [key, value] of Object.entries(old)) {
    const removed = REMOVED_KEYS.get(key);
    if (removed !== undefined) notes.push(`policy.${key} is dropped: ${removed}`);
    else if (ALGORITHM_KEYS.has(key)) {
      algorithm[key] = value;
      notes.push(`policy.${key} is now algorithm.${key}`);
    } else if (key === "grasp_critic_network_kwargs") {
      policy.discrete_critic_network_kwargs = value;
      notes.push(`policy.${key} is now policy.discrete_critic_network_kwargs`);
    } else if (key === "policy_kwargs" && isPlainObject(value)) {
      policy[key] = withoutNegativeStdMin(withoutLogStd(value, notes), notes);
    } else policy[key] = value;
  }
  return { policy: { ...policy, type: "gaussian_actor" }, algorithm, notes };
}

/** Old examples give the bounds of log σ, −5 and 2. They clamped σ² itself, where a negative bound does nothing. */
function withoutNegativeStdMin(distribution: Fields, notes: string[]): Fields {
  const { std_min, ...rest } = distribution;
  if (typeof std_min !== "number" || std_min > 0) return distribution;
  notes.push(`policy.policy_kwargs.std_min: ${std_min} is dropped: a variance is never below 0`);
  return rest;
}

/** Until LeRobot 0.2 the bounds were those of log σ. */
function withoutLogStd(distribution: Fields, notes: string[]): Fields {
  const renamed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(distribution)) {
    const name = { log_std_min: "std_min", log_std_max: "std_max" }[key];
    if (name === undefined || typeof value !== "number") renamed[key] = value;
    else if (!Object.hasOwn(distribution, name)) {
      renamed[name] = Number(Math.exp(value).toPrecision(4));
      notes.push(`policy.policy_kwargs.${key}: ${value} is now ${name}: ${renamed[name]}, which is exp(${value})`);
    } else notes.push(`policy.policy_kwargs.${key} is dropped: ${name} is there`);
  }
  return renamed;
}

interface Migrated {
  readonly config: Fields;
  readonly notes: string[];
}

function migrateEnvironment({ config, notes }: Migrated): Migrated {
  if (!isPlainObject(config.env)) return { config, notes };
  const changes: string[] = [];
  const env = migrateEnv(config.env, changes);
  return { config: { ...config, env }, notes: [...notes, ...changes] };
}

function renameKeys(config: Fields): Migrated {
  const renamed: Record<string, unknown> = {};
  const notes: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    const name = RENAMED_TRAINING_KEYS.get(key) ?? key;
    if (name !== key) notes.push(`${key} is now ${name}`);
    renamed[name] = value;
  }
  return { config: renamed, notes };
}
