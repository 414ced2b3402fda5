/** Where a learner's batches come from: the seam between data of any kind and what trains on it. */
import type { DataSpec } from "../algorithms/data_spec.ts";
import type { ReplayBatch } from "../replay/batch.ts";
import type { ReplayFeatures } from "../replay/features.ts";

/** A batch in the units in which it is stored, with what an algorithm's `dataSpec` asks for beyond single transitions. */
export interface SourceBatch extends ReplayBatch {
  /** Actions per row; 1 gives `action` no dimension for them. */
  readonly horizon?: number;
  /** Observations per row; 1 gives them no dimension of their own. */
  readonly observationSteps?: number;
  /** `[size, horizon]`, 1 where the episode has no such step. */
  readonly actionIsPad?: Float32Array;
  /** `[size]` */
  readonly returns?: Float32Array;
  /** `[size]` */
  readonly bootstrapDiscount?: Float32Array;
}

export interface BatchSource {
  /** What messages call it, such as "the replay buffers". */
  readonly name: string;
  readonly features: ReplayFeatures;
  /** Rows that batches are drawn from; only where all of them are the source's own. */
  readonly size?: number;
  /** Whether a batch can be drawn now. Training does not begin before. */
  readonly isReady: boolean;
  /** What it cannot give of what an algorithm asks for, in words; nothing where it serves the algorithm. */
  missing(spec: DataSpec): readonly string[];
  /**
   * The next batch, in memory that may be filled again: a batch is valid until the one after the next is asked for.
   *
   * @throws RangeError while it is not ready; Error for data that cannot be read.
   */
  next(): Promise<SourceBatch>;
  /** Where it stands, as plain JSON, for a checkpoint; a source whose position is saved elsewhere has none. */
  state?(): unknown;
  /** Continues where `state` was taken. @throws Error for the state of a source with other data. */
  restore?(state: unknown): void;
  /** Frees files and memory. */
  close?(): Promise<void>;
}

/** What only some sources can give, in words. `columns` that are not among the features are missing everywhere. */
export function missingColumns(spec: DataSpec, { complementaryInfo = {} }: ReplayFeatures): string[] {
  const absent = (spec.columns ?? []).filter((name) => !Object.hasOwn(complementaryInfo, name));
  const known = Object.keys(complementaryInfo).join(", ") || "none";
  return absent.map((name) => `the column "${name}" (it has ${known})`);
}

/** What a spec asks for beyond single transitions, in words. */
export function beyondTransitions({ horizon = 1, observationSteps = 1, nStep, returns }: DataSpec): string[] {
  return [
    ...(horizon > 1 ? [`chunks of ${horizon} actions`] : []),
    ...(observationSteps > 1 ? [`${observationSteps} observations per row`] : []),
    ...(nStep !== undefined ? [`rewards over ${nStep.steps} steps`] : []),
    ...(returns !== undefined ? ["returns"] : []),
  ];
}

/**
 * To be called where a learner is put together.
 *
 * @throws RangeError for a spec that means nothing; Error naming the algorithm, the source and what is missing.
 */
export function assertServes(source: BatchSource, algorithm: string, spec: DataSpec = {}): void {
  for (const [name, value] of Object.entries({
    ...{ horizon: spec.horizon, observationSteps: spec.observationSteps, "nStep.steps": spec.nStep?.steps },
  })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new RangeError(`algorithm "${algorithm}": dataSpec.${name} must be a positive integer, got ${value}`);
  }
  const missing = source.missing(spec);
  if (missing.length === 0) return;
  throw new Error(`algorithm "${algorithm}" cannot learn from ${source.name}; missing: ${missing.join(", ")}`);
}
