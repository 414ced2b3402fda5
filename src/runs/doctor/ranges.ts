/** Compares value ranges with normalisation statistics, for the checks of dataset and simulation. */
import type { FeatureNormalization } from "../../processors/steps/normalize.ts";
import { error, type Finding, warning } from "./check.ts";

/** The lowest and highest value of each element of a vector, or of each channel of an image. */
export interface ObservedRange {
  readonly min: ArrayLike<number>;
  readonly max: ArrayLike<number>;
}

/** Largest harmless normalised value: standard deviations with MEAN_STD; otherwise 1 is the statistics' bound. */
const LIMIT = { MEAN_STD: 10, others: 2 };
/** Beyond this the units must differ. */
const HOPELESS = 20;
/** A feature that uses less than this share of its statistics' range hardly moves. */
const HARDLY_MOVES = 0.02;

interface Element {
  /** As in `observation.state[2] (0.1 to 0.3)`. */
  readonly label: string;
  readonly moves: boolean;
  /** The statistics have no spread here, so every value normalises to the same number. */
  readonly hidden: boolean;
  /** Normalised bounds. */
  readonly low: number;
  readonly high: number;
}

/**
 * Reports elements far outside their statistics, and moving elements whose statistics have no spread.
 *
 * @param key as in `observation.state`.
 * @param where the values come from, such as "the dataset".
 */
export function rangeFindings(
  key: string,
  map: FeatureNormalization,
  range: ObservedRange,
  where: string,
): readonly Finding[] {
  const elements = elementsOf(key, map, range);
  const limit = map.mode === "MEAN_STD" ? LIMIT.MEAN_STD : LIMIT.others;
  const reach = ({ low, high }: Element) => Math.max(Math.abs(low), Math.abs(high));
  const outside = elements.filter((element) => !element.hidden && reach(element) > limit);
  const unseen = elements.filter(({ hidden, moves }) => hidden && moves);
  const findings: Finding[] = [];
  if (outside.length > 0) {
    const report = outside.some((element) => reach(element) > HOPELESS) ? error : warning;
    const list = outside.map(({ label, low, high }) => `${label} becomes ${short(low)} to ${short(high)}`).join("; ");
    findings.push(
      report(`${where} leaves the range of ${statisticsOf(key)}: ${list}`, {
        why: `Normalised values (${map.mode}) should lie within about ±${map.mode === "MEAN_STD" ? 3 : 1}.`,
        todo: "Correct the statistics; if they are far off, compare the units.",
      }),
    );
  }
  if (unseen.length > 0) {
    const list = unseen.map(({ label }) => label).join("; ");
    findings.push(
      warning(`${list} changes in ${where}, but ${statisticsOf(key)} has no spread there`, {
        why: "The element is always normalised to the same number, so the policy cannot see it.",
        todo: "Give it its real range.",
      }),
    );
  }
  return findings;
}

/** Reports a feature that uses almost none of its statistics' range. Single elements may legitimately do so. */
export function spreadFindings(
  key: string,
  map: FeatureNormalization,
  range: ObservedRange,
  where: string,
): readonly Finding[] {
  const moving = elementsOf(key, map, range).filter(({ moves, hidden }) => moves && !hidden);
  if (map.mode === "MEAN_STD" || moving.length === 0) return [];
  if (!moving.every(({ low, high }) => (high - low) / 2 < HARDLY_MOVES)) return [];
  return [
    warning(`${key} uses less than ${100 * HARDLY_MOVES} % of the range of ${statisticsOf(key)} in ${where}`, {
      why: "The network can hardly distinguish its values.",
      todo: "Narrow the statistics; if they are far off, compare the units.",
    }),
  ];
}

function elementsOf(key: string, { mode, forward }: FeatureNormalization, { min, max }: ObservedRange): Element[] {
  if (mode === "IDENTITY") return [];
  return Array.from(min, (low, i) => {
    const at = forward.scale.length === 1 ? 0 : i;
    const [high, scale, offset] = [max[i]!, forward.scale[at]!, forward.offset[at]!];
    return {
      label: `${key}[${i}] (${short(low)} to ${short(high)})`,
      moves: high > low,
      hidden: scale === 0,
      low: low * scale + offset,
      high: high * scale + offset,
    };
  });
}

const statisticsOf = (key: string): string => `policy.dataset_stats["${key}"]`;
const short = (value: number): string => String(Number(value.toPrecision(3)));
