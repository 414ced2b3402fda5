/** A buffer's complete state as JSON and typed arrays, block by block, so that ten gigabytes need no second copy. */

import { z } from "zod";
import type { FrameImages } from "./encoding/frame_images.ts";
import type { ImageEncoding } from "./encoding/image_encoding.ts";
import { actionBound, type ReplayFeatures } from "./features.ts";
import { EPISODES, type QueueLayout } from "./layout.ts";
import type { ColumnArray, RowQueue } from "./row_queue.ts";

const extent = z.number().int().positive();
const word = z.number().int().min(0).max(0xffffffff);
/** JSON has no infinity: null stands for "unbounded". */
const bounds = z.array(z.number().nullable());

const queueSchema = z
  .strictObject({
    first: z.number().int().nonnegative(),
    end: z.number().int().nonnegative(),
    rows_per_block: extent.refine((rows) => Number.isInteger(Math.log2(rows)), "must be a power of two"),
  })
  .refine(({ first, end }) => first <= end, "first must not be after end");

export const replayStateSchema = z
  .strictObject({
    format: z.literal("handrail-replay"),
    version: z.literal(1),
    features: z.strictObject({
      observation: z.record(
        z.string(),
        z.strictObject({ dtype: z.enum(["float32", "uint8"]), shape: z.array(extent) }),
      ),
      action: z.strictObject({
        shape: z.array(extent),
        low: bounds,
        high: bounds,
        whole: z.array(z.int().min(0)).optional(),
      }),
      complementary_info: z.record(
        z.string(),
        z.strictObject({ default: z.number().nullable(), flag: z.boolean().optional() }),
      ),
    }),
    capacity: extent,
    random_shift_pixels: z.number().int().nonnegative(),
    random: z.tuple([word, word, word, word]),
    rejections: z.record(z.string(), z.number().int().positive()),
    frames: queueSchema,
    transitions: queueSchema,
    /** Numbers of transitions that are never drawn. */
    quarantined: z.array(z.int().min(0)).optional(),
    /** Where frames hold features of their images, which are then in blocks of their own. */
    encoding: z
      .strictObject({
        encoder: z.string().min(1),
        shapes: z.record(z.string(), z.array(extent)),
        variants: extent,
        keeps_images: z.boolean(),
        /** Number of the first frame that is not encoded. */
        encoded: z.int().min(0),
        images: queueSchema,
      })
      .optional(),
  })
  .refine(
    ({ capacity, transitions }) => transitions.end - transitions.first <= capacity,
    "holds more than its capacity",
  )
  .refine(
    ({ frames, encoding }) => encoding === undefined || isConsistent(frames, encoding),
    "frames that are not encoded lack their images",
  );

/** Whether every frame has its features or its images. */
function isConsistent(
  frames: { readonly first: number; readonly end: number },
  { encoded, images }: { readonly encoded: number; readonly images: { readonly first: number; readonly end: number } },
): boolean {
  return encoded >= frames.first && encoded <= frames.end && images.end === frames.end && images.first <= encoded;
}

/** Everything but the arrays, as plain JSON. */
export type ReplayState = z.infer<typeof replayStateSchema>;

/** Up to `rows_per_block` consecutive rows of one queue, one array per column. */
export interface ReplayBlock {
  /** Unique in the buffer's lifetime: a complete block changes only with its revision. */
  readonly name: string;
  readonly complete: boolean;
  /** How often this buffer has amended rows of the block. */
  readonly revision: number;
  /** Views of the buffer's own memory: copy or write them before the buffer is used again. */
  readonly arrays: Readonly<Record<string, ColumnArray>>;
}

export interface ReplaySnapshot {
  readonly state: ReplayState;
  /** In a fixed order, created on demand. Throws if the buffer has changed since the snapshot. */
  readonly blocks: Iterable<ReplayBlock>;
}

/** A snapshot to restore from, possibly read block by block from a disk. */
export interface StoredReplay {
  readonly state: ReplayState;
  readonly blocks: Iterable<ReplayBlock> | AsyncIterable<ReplayBlock>;
}

export function* queueBlocks(prefix: string, queue: RowQueue): Generator<ReplayBlock> {
  const { rowsPerBlock, columns, originRow, end } = queue;
  for (let row = originRow, i = 0; row < end; row += rowsPerBlock, i++) {
    const rows = Math.min(rowsPerBlock, end - row);
    yield {
      name: blockName(prefix, row / rowsPerBlock),
      complete: rows === rowsPerBlock,
      revision: queue.revision(i),
      arrays: Object.fromEntries(
        columns.map(({ name, width, blocks }) => [name, blocks[i]!.subarray(0, rows * width)]),
      ),
    };
  }
}

/** Copies blocks into a queue whose rows already exist. @throws Error naming a missing or ill-fitting block. */
export async function fillQueue(
  prefix: string,
  queue: RowQueue,
  blocks: Iterator<ReplayBlock> | AsyncIterator<ReplayBlock>,
): Promise<void> {
  for (const expected of queueBlocks(prefix, queue)) {
    const { value, done } = await blocks.next();
    if (done || value.name !== expected.name) {
      throw new Error(`replay snapshot: expected block ${expected.name}, found ${done ? "the end" : value.name}`);
    }
    for (const [name, target] of Object.entries(expected.arrays)) {
      const source = value.arrays[name];
      // Earlier versions stored no episodes.
      if (source === undefined && name === EPISODES) continue;
      if (source?.constructor !== target.constructor || source.length !== target.length) {
        const found = source === undefined ? "nothing" : `${source.constructor.name}[${source.length}]`;
        const wanted = `${target.constructor.name}[${target.length}]`;
        throw new Error(`replay snapshot: ${expected.name}/${name} must be ${wanted}, found ${found}`);
      }
      target.set(source);
    }
  }
}

export function queueState(queue: RowQueue): ReplayState["frames"] {
  return { first: queue.first, end: queue.end, rows_per_block: queue.rowsPerBlock };
}

export function encodingState(images: FrameImages): NonNullable<ReplayState["encoding"]> {
  const { encoder, shapes, variants, keepsImages } = images.encoding;
  return {
    encoder,
    shapes: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [...shape]])),
    variants,
    keeps_images: keepsImages,
    encoded: images.encodedEnd,
    images: queueState(images.queue),
  };
}

export function encodingFromState(state: NonNullable<ReplayState["encoding"]>): ImageEncoding {
  const { encoder, shapes, variants, keeps_images: keepsImages } = state;
  return { encoder, shapes, variants, keepsImages };
}

export function withRowsPerBlock(layout: QueueLayout, state: ReplayState["frames"]): QueueLayout {
  return { columns: layout.columns, rowsPerBlock: state.rows_per_block };
}

export function featuresToJson(features: ReplayFeatures): ReplayState["features"] {
  const json = (side: "low" | "high") =>
    Array.from(actionBound(features.action, side), (bound) => (Number.isFinite(bound) ? bound : null));
  return {
    observation: Object.fromEntries(
      Object.entries(features.observation).map(([name, { dtype, shape }]) => [name, { dtype, shape: [...shape] }]),
    ),
    action: {
      shape: [...features.action.shape],
      low: json("low"),
      high: json("high"),
      ...(features.action.discrete && { whole: [...features.action.discrete] }),
    },
    complementary_info: Object.fromEntries(
      Object.entries(features.complementaryInfo ?? {}).map(([name, { default: value, flag }]) => [
        name,
        { default: value ?? null, ...(flag !== undefined && { flag }) },
      ]),
    ),
  };
}

export function featuresFromJson(json: ReplayState["features"]): ReplayFeatures {
  return {
    observation: json.observation,
    action: {
      shape: json.action.shape,
      low: json.action.low.map((bound) => bound ?? -Infinity),
      high: json.action.high.map((bound) => bound ?? Infinity),
      ...(json.action.whole && { discrete: json.action.whole }),
    },
    complementaryInfo: Object.fromEntries(
      Object.entries(json.complementary_info).map(([name, { default: value, flag }]) => [
        name,
        { ...(value !== null && { default: value }), ...(flag !== undefined && { flag }) },
      ]),
    ),
  };
}

function blockName(prefix: string, index: number): string {
  return `${prefix}-${String(index).padStart(6, "0")}`;
}
