/** Sources of a learner's batches: the interface between any kind of data and training. */
import type { DataSpec } from "../algorithms/data_spec.ts";
import type { ReplayBatch } from "../replay/batch.ts";
import type { ReplayFeatures } from "../replay/features.ts";

/** A batch in stored units, with the `dataSpec` fields beyond single transitions. */
export interface SourceBatch extends ReplayBatch {
  /** Actions per row; with 1, `action` has no dimension for them. */
  readonly horizon?: number;
  /** Observations per row; with 1, they have no dimension of their own. */
  readonly observationSteps?: number;
  /** `[size, horizon]`, 1 for steps beyond the episode's end. */
  readonly actionIsPad?: Float32Array;
  /** `[size]` */
  readonly returns?: Float32Array;
  /** `[size]` */
  readonly bootstrapDiscount?: Float32Array;
}

export interface BatchSource {
  /** Name in messages, such as "the replay buffers". */
  readonly name: string;
  readonly features: ReplayFeatures;
  /** Number of rows to draw from, if all of them belong to the source. */
  readonly size?: number;
  /** Whether a batch can be drawn now. Training waits for it. */
  readonly isReady: boolean;
  /** Required data that the source cannot supply, in words; empty if it serves the algorithm. */
  missing(spec: DataSpec): readonly string[];
  /**
   * The next batch, in reused memory: a batch is valid until the second next one is requested.
   *
   * @throws RangeError while not ready; Error for unreadable data.
   */
  next(): Promise<SourceBatch>;
  /** The position as plain JSON, for a checkpoint; absent if the position is saved elsewhere. */
  state?(): unknown;
  /** Continues at the position of `state`. @throws Error for the state of a source with other data. */
  restore?(state: unknown): void;
  /** Frees files and memory. */
  close?(): Promise<void>;
}

/** Requirements that only some sources meet, in words. `columns` that are not features are missing everywhere. */
export function missingColumns(spec: DataSpec, { complementaryInfo = {} }: ReplayFeatures): string[] {
  const absent = (spec.columns ?? []).filter((name) => !Object.hasOwn(complementaryInfo, name));
  const known = Object.keys(complementaryInfo).join(", ") || "none";
  return absent.map((name) => `the column "${name}" (it has ${known})`);
}

/** A spec's requirements beyond single transitions, in words. */
export function beyondTransitions({ horizon = 1, observationSteps = 1, nStep, returns }: DataSpec): string[] {
  return [
    ...(horizon > 1 ? [`chunks of ${horizon} actions`] : []),
    ...(observationSteps > 1 ? [`${observationSteps} observations per row`] : []),
    ...(nStep !== undefined ? [`rewards over ${nStep.steps} steps`] : []),
    ...(returns !== undefined ? ["returns"] : []),
  ];
}

/**
 * Call it when a learner is assembled.
 *
 * @throws RangeError for an invalid spec; Error naming the algorithm, the source and what is missing.
 */
export function assertServes(source: BatchSource, algorithm: string, spec: DataSpec = {}): void {
  for (const [name, value] of Object.entries({
    horizon: spec.horizon,
    observationSteps: spec.observationSteps,
    "nStep.steps": spec.nStep?.steps,
  })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new RangeError(`algorithm "${algorithm}": dataSpec.${name} must be a positive integer, got ${value}`);
  }
  const missing = source.missing(spec);
  if (missing.length === 0) return;
  throw new Error(`algorithm "${algorithm}" cannot learn from ${source.name}; missing: ${missing.join(", ")}`);
}
