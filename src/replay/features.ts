/** Declares what a buffer stores before the first transition arrives, so that every mismatch can be named. */

/** An array with a fixed shape. A uint8 feature of shape [channels, height, width] is an image. */
export interface ArrayFeature {
  readonly dtype: "float32" | "uint8";
  /** Without the batch dimension. `[]` is a scalar. */
  readonly shape: readonly number[];
  /** In batches of a buffer that stores encoded images: the image's shape. Such features are in the network's units already. */
  readonly encodedFrom?: readonly number[];
}

/** A float32 vector, optionally bounded: inclusive, one bound per element or one for all. */
export interface ActionFeature {
  readonly shape: readonly number[];
  readonly low?: number | readonly number[] | Float32Array;
  readonly high?: number | readonly number[] | Float32Array;
  /** Elements that choose among K discrete actions: whole numbers. */
  readonly discrete?: readonly number[];
}

/** An extra number per transition. */
export interface ComplementaryFeature {
  /** Stored for transitions without the number; without a default they are rejected. */
  readonly default?: number;
  /** A yes or no: 0 or 1. */
  readonly flag?: boolean;
}

export interface ReplayFeatures {
  readonly observation: Readonly<Record<string, ArrayFeature>>;
  readonly action: ActionFeature;
  readonly complementaryInfo?: Readonly<Record<string, ComplementaryFeature>>;
}

/** The number of elements of one row: the product of the shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function isImage(feature: ArrayFeature): boolean {
  return feature.dtype === "uint8" && feature.shape.length === 3;
}

/** @throws RangeError naming the first feature whose shape, dtype, bounds or default cannot be stored. */
export function assertFeatures(features: ReplayFeatures): void {
  const names = Object.keys(features.observation);
  if (names.length === 0) throw new RangeError("a replay buffer needs at least one observation feature");
  for (const name of names) {
    const { dtype, shape } = features.observation[name]!;
    assertShape(name, shape);
    if (dtype !== "float32" && dtype !== "uint8") {
      throw new RangeError(`${name}: dtype must be "float32" or "uint8", got ${JSON.stringify(dtype)}`);
    }
  }
  assertShape("action", features.action.shape);
  const low = actionBound(features.action, "low");
  const high = actionBound(features.action, "high");
  const inverted = low.findIndex((bound, i) => !(bound <= high[i]!));
  if (inverted >= 0) {
    throw new RangeError(`action[${inverted}]: low ${low[inverted]} must not be above high ${high[inverted]}`);
  }
  const beyond = features.action.discrete?.find((i) => !(Number.isInteger(i) && i >= 0 && i < low.length));
  if (beyond !== undefined)
    throw new RangeError(`action.discrete: element ${beyond} does not exist, the action has ${low.length}`);
  for (const [name, { default: value = 0 }] of Object.entries(features.complementaryInfo ?? {})) {
    if (!Number.isFinite(Math.fround(value))) throw new RangeError(`${name}: the default must be finite, got ${value}`);
  }
}

/** One bound per action element, unbounded where none is declared. */
export function actionBound(action: ActionFeature, side: "low" | "high"): Float32Array {
  const length = elementCount(action.shape);
  const bound = action[side] ?? (side === "low" ? -Infinity : Infinity);
  if (typeof bound === "number") return new Float32Array(length).fill(bound);
  if (bound.length !== length) throw new RangeError(`action.${side} needs ${length} bounds, got ${bound.length}`);
  return Float32Array.from(bound);
}

/**
 * Checks that two sources can share a batch: same names, dtypes, shapes and complementary fields. Action bounds and
 * defaults may differ.
 * @throws TypeError listing every difference.
 */
export function assertSameFeatures(a: ReplayFeatures, b: ReplayFeatures, nameOfA: string, nameOfB: string): void {
  const left = describe(a);
  const right = describe(b);
  const differences = [...new Set([...left.keys(), ...right.keys()])]
    .filter((name) => left.get(name) !== right.get(name))
    .map((name) => `${name}: ${left.get(name) ?? "absent"} (${nameOfA}), ${right.get(name) ?? "absent"} (${nameOfB})`);
  if (differences.length > 0) {
    throw new TypeError(`${nameOfA} and ${nameOfB} store different features:\n  ${differences.join("\n  ")}`);
  }
}

function describe(features: ReplayFeatures): Map<string, string> {
  const lines = new Map<string, string>();
  for (const [name, { dtype, shape }] of Object.entries(features.observation)) {
    lines.set(`observation ${name}`, `${dtype}[${shape.join(", ")}]`);
  }
  lines.set("action", `float32[${features.action.shape.join(", ")}]`);
  for (const name of Object.keys(features.complementaryInfo ?? {})) lines.set(`complementary info ${name}`, "float32");
  return lines;
}

function assertShape(name: string, shape: readonly number[]): void {
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent > 0)) {
    throw new RangeError(`${name}: every extent of the shape must be a positive integer, got [${shape.join(", ")}]`);
  }
}
