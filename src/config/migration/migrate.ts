/**
 * Converts old LeRobot configs. Until LeRobot 0.5 the policy "sac" held both the network and its training; since then
 * the network is the policy "gaussian_actor" and the rest is the algorithm "sac". Pure: values in, values and notes out.
 */

import { isPlainObject } from "../path.ts";
import { migrateEnv } from "./migrate_env.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface Migration {
  readonly config: unknown;
  /** What was changed, one sentence each; empty if nothing was. */
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

/** Keys at the top level of the config. */
export const RENAMED_TRAINING_KEYS: ReadonlyMap<string, string> = new Map([["eval_freq", "env_eval_freq"]]);

/**
 * Migrates a training config; a current one is returned unchanged. If a key exists in both the old and the new place, the
 * new place's value wins.
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

/** Splits an old policy (the content of its `config.json`) into the new policy and the algorithm's part. */
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
    } else notes.push(`policy.policy_kwargs.${key} is dropped: ${name} is set`);
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
