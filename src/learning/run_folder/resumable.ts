/** Checks whether a config may resume the run of a checkpoint. */
import { basename, dirname, join, resolve } from "node:path";
import { type ConfigPath, formatPath, isPlainObject } from "../../config/path.ts";
import { withoutUnusedKeys } from "../../config/schema/schema_walk.ts";
import { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "../../settings/config.ts";
import { abbreviate } from "../../utils/text/abbreviate.ts";
import { PRETRAINED_MODEL, TRAIN_CONFIG_FILE } from "../checkpoints/layout.ts";
import { resumeRuleOf } from "./resume_rules.ts";
import { DEMONSTRATIONS } from "./run_layout.ts";

const MAX_SHOWN = 100;

/**
 * A run resumes as it was: a value that differs in the config would be silently ignored, or mix two kinds of experience.
 * See `RESUME_RULES`.
 *
 * @returns the changes that take effect from here on, one sentence each.
 * @throws Error listing every value that must be the same and is not.
 */
export function assertResumable(
  saved: TrainRLServerPipelineConfig,
  given: TrainRLServerPipelineConfig,
  checkpoint: string,
): string[] {
  const differences = differing([], comparable(saved), comparable(given)).map((difference) => ({
    ...difference,
    rule: resumeRuleOf(keysOf(difference.path)),
  }));
  const refused = differences.filter(({ rule }) => rule === "same");
  if (refused.length > 0) {
    const lines = refused.map(
      ({ path, was, is }) => `${formatPath(path)}: ${text(was)} in the checkpoint, ${text(is)} in the config`,
    );
    const model = join(checkpoint, PRETRAINED_MODEL);
    throw new Error(
      `cannot resume from ${checkpoint} with this config:\n  ${lines.join("\n  ")}\n` +
        "A resumed run keeps its environment, policy, algorithm, demonstrations and seed. Leave these values as they are " +
        `(all of them: --config ${join(model, TRAIN_CONFIG_FILE)}), or start a new run in another output_dir from the ` +
        `weights of this one, with policy.pretrained_path=${model}`,
    );
  }
  return differences
    .filter(({ rule }) => rule === "reported")
    .map(({ path, was, is }) => `from here on ${formatPath(path)} is ${text(is)}; it was ${text(was)}`);
}

/**
 * The values to compare, in one form. The demonstrations that a run records for itself are named as `dataset` in its checkpoints, and
 * not in the config that asks for them.
 */
function comparable(config: TrainRLServerPipelineConfig): unknown {
  const { dataset } = config;
  const root = dataset?.root ?? null;
  const own =
    root !== null &&
    config.output_dir !== null &&
    config.handrail.demonstrations.episodes > 0 &&
    basename(root) === DEMONSTRATIONS &&
    basename(dirname(root)) === basename(config.output_dir);
  const named = dataset && { ...dataset, root: root === null ? null : resolve(root) };
  return withoutUnusedKeys(TrainRLServerPipelineConfigSchema, { ...config, dataset: own ? null : named });
}

interface Difference {
  readonly path: ConfigPath;
  readonly was: unknown;
  readonly is: unknown;
}

/** Every value, or every part that only one of the two has. */
function differing(path: ConfigPath, was: unknown, is: unknown): Difference[] {
  if (isPlainObject(was) && isPlainObject(is)) {
    const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
    return [...keys].flatMap((key) => differing([...path, key], was[key], is[key]));
  }
  if (Array.isArray(was) && Array.isArray(is) && was.length === is.length) {
    return was.flatMap((each, index) => differing([...path, index], each, is[index]));
  }
  return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ path, was, is }];
}

/** The keys that lead to a value, without places in lists. */
function keysOf(path: ConfigPath): string[] {
  const end = path.findIndex((part) => typeof part === "number");
  return path.slice(0, end === -1 ? undefined : end).map(String);
}

function text(value: unknown): string {
  return value === undefined ? "absent" : abbreviate(JSON.stringify(value), MAX_SHOWN);
}
