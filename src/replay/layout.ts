/** Maps declared features to rows of two queues, and computes their memory when full. */

import { assertEncoding, encodedWidth, type ImageEncoding } from "./encoding/image_encoding.ts";
import { assertFeatures, elementCount, type ReplayFeatures } from "./features.ts";
import { blockRows, bytesPerRow, type ColumnSpec } from "./row_queue.ts";

/** The column of episode numbers; 0 if unknown. */
export const EPISODES = "episode";

/** Storage grows in steps of at most this many bytes by default. */
const DEFAULT_BLOCK_BYTES = 8 * 2 ** 20;

/** Largest capacity of a buffer: positions of twice as many frames stay 31-bit integers. */
const LARGEST_CAPACITY = 2 ** 29;

export interface QueueLayout {
  readonly columns: readonly ColumnSpec[];
  /** A power of two. */
  readonly rowsPerBlock: number;
}

/** A frame is one observation; a transition is everything else and the number of its frame. */
export interface ReplayLayout {
  readonly frames: QueueLayout;
  readonly transitions: QueueLayout;
  /** Only with an encoding: the frames' images, apart from their features, because they may be dropped earlier. */
  readonly images?: QueueLayout;
}

/** @throws RangeError for invalid features, encoding, capacity or block size. */
export function replayLayout(
  features: ReplayFeatures,
  capacity: number,
  blockBytes = DEFAULT_BLOCK_BYTES,
  encoding?: ImageEncoding,
): ReplayLayout {
  assertFeatures(features);
  if (encoding !== undefined) assertEncoding(features, encoding);
  if (!Number.isSafeInteger(capacity) || capacity < 1 || capacity > LARGEST_CAPACITY) {
    throw new RangeError(`capacity must be an integer from 1 to 2²⁹ transitions, got ${capacity}`);
  }
  if (!(blockBytes >= 1)) throw new RangeError(`blockBytes must be at least 1, got ${blockBytes}`);
  const observation = Object.entries(features.observation).map(
    ([name, { dtype, shape }]): ColumnSpec => ({ name, dtype, width: elementCount(shape) }),
  );
  const isEncoded = ({ name }: ColumnSpec) => encoding?.shapes[name] !== undefined;
  const frames = observation.map((column): ColumnSpec => {
    if (!isEncoded(column)) return column;
    return { name: column.name, dtype: "float16", width: encodedWidth(encoding!, column.name) };
  });
  const images = observation.filter(isEncoded);
  const values: ColumnSpec = { name: "values", dtype: "float32", width: valuesLayout(features).width };
  const episodes: ColumnSpec = { name: EPISODES, dtype: "uint32", width: 1 };
  return {
    frames: { columns: frames, rowsPerBlock: blockRows(frames, blockBytes, capacity + 1) },
    // From the values alone, as before episodes were stored.
    transitions: { columns: [values, episodes], rowsPerBlock: blockRows([values], blockBytes, capacity + 1) },
    ...(encoding && { images: { columns: images, rowsPerBlock: blockRows(images, blockBytes, capacity + 1) } }),
  };
}

/** Offsets of a transition's numbers in its row: stored together because they are drawn together. */
export interface ValuesLayout {
  /** The action comes first, `actionLength` elements. */
  readonly actionLength: number;
  readonly reward: number;
  readonly terminated: number;
  readonly truncated: number;
  /**
   * The number of the observation's frame modulo 2³², far more than the frames alive at once; its low 16 bits here and its
   * high 16 bits in the next element, both exact as float32.
   */
  readonly frame: number;
  readonly complementary: readonly { readonly name: string; readonly index: number; readonly fallback: number }[];
  readonly width: number;
}

export function valuesLayout(features: ReplayFeatures): ValuesLayout {
  const actionLength = elementCount(features.action.shape);
  const complementary = Object.entries(features.complementaryInfo ?? {}).map(([name, feature], i) => ({
    name,
    index: actionLength + 5 + i,
    // Unused without a default: such transitions are refused.
    fallback: feature.default ?? 0,
  }));
  return {
    actionLength,
    reward: actionLength,
    terminated: actionLength + 1,
    truncated: actionLength + 2,
    frame: actionLength + 3,
    complementary,
    width: actionLength + 5 + complementary.length,
  };
}

export interface MemoryForecast {
  /** A full buffer with one unbroken stream: each frame is one transition's next and another's own observation. */
  readonly minimumBytes: number;
  /** A full buffer without continuing transitions: two frames each. */
  readonly maximumBytes: number;
}

/**
 * Memory of a full buffer, known before allocation. Images that are dropped once they are encoded are counted as if they were
 * encoded at once: those of demonstrations are in memory until their turn comes.
 */
export function forecastReplayMemory(
  features: ReplayFeatures,
  capacity: number,
  encoding?: ImageEncoding,
  layout = replayLayout(features, capacity, undefined, encoding),
): MemoryForecast {
  const transitions = queueBytes(layout.transitions, capacity + 1);
  const frames = (count: number) => {
    const images = layout.images && queueBytes(layout.images, encoding?.keepsImages ? count : 1);
    return queueBytes(layout.frames, count) + (images ?? 0);
  };
  return {
    minimumBytes: frames(capacity + 2) + transitions,
    maximumBytes: frames(2 * capacity + 2) + transitions,
  };
}

/** @throws RangeError if even an unbroken stream exceeds the limit; warns if only a broken one does. */
export function assertFits(
  { minimumBytes, maximumBytes }: MemoryForecast,
  capacity: number,
  limitBytes: number,
  warn: (message: string) => void = () => {},
): void {
  const problem = (bytes: number) =>
    `a replay buffer of ${capacity} transitions needs ${gibibytes(bytes)}, more than its limit of ${gibibytes(limitBytes)}`;
  if (minimumBytes > limitBytes) {
    throw new RangeError(`${problem(minimumBytes)}: lower the capacity or the image size, or raise the memory limit`);
  }
  if (maximumBytes > limitBytes) {
    warn(`${problem(maximumBytes)}, if hardly any transition continues the one before it`);
  }
}

/** The oldest block may be partly unused and one emptied block is kept: up to two blocks beyond the live rows. */
function queueBytes({ columns, rowsPerBlock }: QueueLayout, rows: number): number {
  return (Math.ceil(rows / rowsPerBlock) + 2) * rowsPerBlock * bytesPerRow(columns);
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
