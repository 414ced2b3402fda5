/** How sure a success rate is: 19 successes of 20 say less than 95 of 100. */
import { normalQuantile } from "../../tensor/normal_quantile.ts";

/**
 * Wilson's score interval of a proportion: all rates p for which the observed p̂ = successes/trials is no surprise,
 * |p̂ − p| ≤ z·√(p(1 − p)/n), solved for p:
 *
 *     (p̂ + z²/2n ± z·√(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n),   z = Φ⁻¹(1 − (1 − confidence)/2)
 *
 * Unlike p̂ ± z·√(p̂(1 − p̂)/n), it stays within [0, 1], is never empty at 0 or all successes, and holds its confidence
 * for few trials. Wilson 1927, "Probable inference, the law of succession, and statistical inference"; recommended by
 * Brown, Cai & DasGupta 2001, "Interval estimation for a binomial proportion".
 *
 * @param confidence in (0, 1).
 * @returns the ends, in [0, 1]; [0, 1] without trials.
 * @throws RangeError for counts that are none, more successes than trials, or a confidence outside (0, 1).
 */
export function wilsonInterval(successes: number, trials: number, confidence = 0.95): [low: number, high: number] {
  for (const [name, count] of Object.entries({ successes, trials })) {
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`${name} must be a count, got ${count}`);
  }
  if (successes > trials) throw new RangeError(`${successes} successes of ${trials} trials: more than there were`);
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence must be in (0, 1), got ${confidence}`);
  if (trials === 0) return [0, 1];
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const rate = successes / trials;
  const shrink = 1 + z ** 2 / trials;
  const center = (rate + z ** 2 / (2 * trials)) / shrink;
  const reach = (z / shrink) * Math.sqrt((rate * (1 - rate)) / trials + z ** 2 / (4 * trials ** 2));
  // The ends are exact where the formula is: 0 and 1 are not left to rounding.
  return [successes === 0 ? 0 : center - reach, successes === trials ? 1 : center + reach];
}
