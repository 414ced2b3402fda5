/** Whether numbers lie where their normalisation expects them: pure arithmetic for the checks of data and simulation. */
import type { FeatureNormalization } from "../../processors/steps/normalize.ts";
import { error, type Finding, warning } from "./check.ts";

/** The lowest and highest value of each element of a vector, or of each channel of an image. */
export interface ObservedRange {
  readonly min: ArrayLike<number>;
  readonly max: ArrayLike<number>;
}

/** Largest harmless normalised value: with MEAN_STD in standard deviations, otherwise 1 is the edge of the statistics. */
const LIMIT = { MEAN_STD: 10, others: 2 };
/** Beyond this the units must be different ones. */
const HOPELESS = 20;
/** Share of the statistics' range below which a whole feature hardly seems to move. */
const HARDLY_MOVES = 0.02;

interface Element {
  /** As in `observation.state[2] (0.1 to 0.3)`. */
  readonly label: string;
  readonly moves: boolean;
  /** The statistics have no spread here: whatever comes in, the same number comes out. */
  readonly hidden: boolean;
  /** Normalised ends. */
  readonly low: number;
  readonly high: number;
}

/**
 * Elements far outside their statistics, and moving ones whose statistics have no spread.
 *
 * @param key as in `observation.state`.
 * @param where the numbers come from, as in "the dataset".
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
        why: `Normalised numbers (${map.mode}) should lie within about ±${map.mode === "MEAN_STD" ? 3 : 1}.`,
        todo: "Correct the statistics; if they are far off, compare the units.",
      }),
    );
  }
  if (unseen.length > 0) {
    const list = unseen.map(({ label }) => label).join("; ");
    findings.push(
      warning(`${list} changes in ${where}, but ${statisticsOf(key)} has no spread there`, {
        why: "Such an element always becomes the same number: the policy cannot see it.",
        todo: "Give it its real range.",
      }),
    );
  }
  return findings;
}

/** A whole feature that uses next to nothing of its statistics' range. Single elements may well do so. */
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
      why: "The network can hardly tell its values apart.",
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
