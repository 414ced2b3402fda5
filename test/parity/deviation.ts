/** How far values are from recorded ones, and whether that is within tolerance. */

export interface Deviation {
  readonly quantity: string;
  readonly worst: number;
  readonly tolerance: number;
  readonly kind: "absolute" | "relative";
}

export function absoluteDeviation(
  quantity: string,
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
  tolerance: number,
): Deviation {
  return { quantity, worst: worst(actual, expected, () => 1), tolerance, kind: "absolute" };
}

/** Relative to the expected value, or absolute below 10⁻³ where a ratio of rounding errors says nothing. */
export function relativeDeviation(
  quantity: string,
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
  tolerance: number,
): Deviation {
  return {
    quantity,
    worst: worst(actual, expected, (value) => Math.max(Math.abs(value), 1e-3)),
    tolerance,
    kind: "relative",
  };
}

export function isWithinTolerance({ worst: deviation, tolerance }: Deviation): boolean {
  return deviation <= tolerance;
}

/** The worst deviation per quantity. */
export function summarize(deviations: readonly Deviation[]): Deviation[] {
  const byQuantity = new Map<string, Deviation>();
  for (const deviation of deviations) {
    const known = byQuantity.get(deviation.quantity);
    if (known === undefined || !(deviation.worst <= known.worst)) byQuantity.set(deviation.quantity, deviation);
  }
  return [...byQuantity.values()];
}

/** NaN counts as infinitely far, and so does a value that is not there. */
function worst(
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
  scale: (value: number) => number,
): number {
  if (actual?.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const deviation = Math.abs(actual[i]! - expected[i]!) / scale(expected[i]!);
    if (!(deviation <= largest)) largest = Number.isNaN(deviation) ? Number.POSITIVE_INFINITY : deviation;
  }
  return largest;
}
