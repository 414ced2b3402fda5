/**
 * Policies saved by LeRobot 0.3 and older: of type "sac", with the algorithm's values in `config.json`, and with critics
 * and normalisation statistics among the weights.
 */
import { splitSacPolicy } from "../../config/migration/migrate.ts";
import { isPlainObject } from "../../config/path.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";

/** Tensors of the pipelines around the policy. */
const STATISTICS = /^(?:un)?normalize_(?:inputs|targets|outputs)\./;
/** Tensors of the algorithm. */
const ALGORITHM = /^(?:critic_(?:ensemble|target)\.|critics?\.|discrete_critic_target\.|(?:log_alpha|temperature)$)/;

/** The policy's tensors, and the names of the algorithm's tensors and of the statistics beside them. */
export function policyTensors(tensors: TensorRecord): {
  readonly tensors: TensorRecord;
  readonly leftOut: readonly string[];
  readonly statistics: readonly string[];
} {
  const names = Object.keys(tensors);
  const leftOut = names.filter((name) => ALGORITHM.test(name));
  const statistics = names.filter((name) => STATISTICS.test(name));
  const others = new Set([...leftOut, ...statistics]);
  return {
    tensors: Object.fromEntries(Object.entries(tensors).filter(([name]) => !others.has(name))),
    leftOut,
    statistics,
  };
}

type Fields = Readonly<Record<string, unknown>>;

export function isOldPolicyConfig(content: unknown): content is Fields {
  return isPlainObject(content) && content.type === "sac";
}

/**
 * The content of an old `config.json` in the current form. The statistics saved among the weights are those the policy was
 * trained with, so they replace the config's.
 */
export function presentPolicyConfig(content: Fields, tensors: TensorRecord): Fields {
  const { policy } = splitSacPolicy(content);
  return { ...policy, dataset_stats: { ...objectAt(policy, "dataset_stats"), ...savedStatistics(policy, tensors) } };
}

function savedStatistics(policy: Readonly<Record<string, unknown>>, tensors: TensorRecord) {
  const features = { ...objectAt(policy, "input_features"), ...objectAt(policy, "output_features") };
  const statistics: Record<string, Record<string, number[]>> = {};
  for (const feature of Object.keys(features)) {
    const infix = `.buffer_${feature.replaceAll(".", "_")}.`;
    const found = Object.entries(tensors).filter(([name]) => name.includes(infix) && STATISTICS.test(name));
    for (const [name, { data }] of found) {
      const values = Array.from(data as ArrayLike<number>, Number);
      // Statistics that were never set are infinite.
      if (!values.every(Number.isFinite)) continue;
      statistics[feature] = { ...statistics[feature], [name.slice(name.indexOf(infix) + infix.length)]: values };
    }
  }
  return statistics;
}

function objectAt(fields: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = fields[key];
  return isPlainObject(value) ? value : {};
}
