/** How well a classifier judges labelled episodes, and the decision that suits it. */
import type { SuccessDecision } from "../../config.ts";
import { FAILURE, SUCCESS } from "./labels.ts";

export interface JudgedLabels {
  /** Per frame: `FAILURE`, `SUCCESS` or `LEFT_OUT`. */
  readonly labels: Uint8Array;
  /** Probability of success per frame. */
  readonly probabilities: Float32Array;
}

export interface ClassifierMetrics extends SuccessDecision {
  /** Frames that count: all but those left out. */
  readonly frames: number;
  readonly success_frames: number;
  /** Share of the frames judged as success that are one; null if none is judged so. */
  readonly frame_precision: number | null;
  /** Share of the frames with success that are judged so; null without any. */
  readonly frame_recall: number | null;
  /** Frames judged as success in 1,000 frames without it. */
  readonly false_positives_per_1000: number;
  readonly episodes: number;
  readonly successful_episodes: number;
  /** Share of the successful episodes that are judged a success, and not before they are one. */
  readonly episode_recall: number | null;
  /** Share of the episodes judged a success that are one, and not before. */
  readonly episode_precision: number | null;
  /** Episodes judged a success too early, or although they fail. */
  readonly false_alarms: number;
}

/** Whether each frame is a success: its probability and those before it reach the threshold. */
export function decide(probabilities: Float32Array, { success_threshold, debounce }: SuccessDecision): boolean[] {
  let streak = 0;
  return Array.from(probabilities, (probability) => {
    streak = probability >= success_threshold ? streak + 1 : 0;
    return streak >= debounce;
  });
}

export function measure(episodes: readonly JudgedLabels[], decision: SuccessDecision): ClassifierMetrics {
  let [hits, misses, alarms, rejections] = [0, 0, 0, 0];
  let [successful, recalled, falseAlarms] = [0, 0, 0];
  for (const { labels, probabilities } of episodes) {
    const decided = decide(probabilities, decision);
    for (const [frame, label] of labels.entries()) {
      if (label === SUCCESS) decided[frame] ? hits++ : misses++;
      else if (label === FAILURE) decided[frame] ? alarms++ : rejections++;
    }
    if (labels.includes(SUCCESS)) successful++;
    const first = decided.indexOf(true);
    if (first === -1) continue;
    if (labels[first] === FAILURE) falseAlarms++;
    else recalled++;
  }
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  return {
    ...decision,
    frames: hits + misses + alarms + rejections,
    success_frames: hits + misses,
    frame_precision: share(hits, hits + alarms),
    frame_recall: share(hits, hits + misses),
    false_positives_per_1000: 1000 * (share(alarms, alarms + rejections) ?? 0),
    episodes: episodes.length,
    successful_episodes: successful,
    episode_recall: share(recalled, successful),
    episode_precision: share(recalled, recalled + falseAlarms),
    false_alarms: falseAlarms,
  };
}

const THRESHOLDS = [...Array.from({ length: 49 }, (_, i) => (2 * i + 2) / 100), 0.99];
const MOST_IN_A_ROW = 3;
/** In 1,000 frames without success. */
const TOLERATED_FALSE_POSITIVES = 2;

/**
 * The decision that judges most held-out episodes rightly while it keeps to two false positives in 1,000 frames. Of equally
 * good ones, it waits least, and its threshold is in the middle: as far as possible from being wrong.
 */
export function chooseDecision(episodes: readonly JudgedLabels[]): SuccessDecision {
  const candidates = Array.from({ length: MOST_IN_A_ROW }, (_, i) => i + 1).flatMap((debounce) =>
    THRESHOLDS.map((success_threshold) => {
      const { false_positives_per_1000, false_alarms, episode_recall, successful_episodes, frame_recall } = measure(
        episodes,
        { success_threshold, debounce },
      );
      const recalled = (episode_recall ?? 0) * successful_episodes;
      const tolerable = false_positives_per_1000 <= TOLERATED_FALSE_POSITIVES ? 1 : 0;
      // One late frame in ten is worth no false positive.
      const promptness = Math.round(10 * (frame_recall ?? 0)) / 10;
      return {
        decision: { success_threshold, debounce },
        score: [tolerable, recalled - false_alarms, -false_positives_per_1000, promptness, -debounce],
      };
    }),
  );
  const best = candidates.reduce((one, other) => (compare(other.score, one.score) > 0 ? other : one));
  const equal = candidates.filter(({ score }) => compare(score, best.score) === 0);
  return equal[equal.length >> 1]!.decision;
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, i) => Math.abs(value - other[i]!) > 1e-9);
  return at === -1 ? 0 : one[at]! - other[at]!;
}
