/** Copies stored features into a batch. */
import { float16ToFloat32 } from "../../tensor/half.ts";
import type { Random } from "../../tensor/random.ts";
import type { Column } from "../row_queue.ts";

/** Value of every float16: looking one up is faster than computing it. */
let values: Float32Array | undefined;

function float16Values(): Float32Array {
  values ??= float16ToFloat32(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits));
  return values;
}

/**
 * Copies one variant, drawn for each row, of the frames at `positions[i] + offset`, i < count, to consecutive rows of `target`.
 *
 * @param column float16, `[variants, …]` per row.
 */
export function gatherEncoded(
  column: Column,
  variants: number,
  positions: Uint32Array,
  offset: number,
  count: number,
  target: Float32Array,
  targetRow: number,
  random: Random,
): void {
  const lookUp = float16Values();
  const width = column.width / variants;
  for (let i = 0; i < count; i++) {
    const variant = variants === 1 ? 0 : random.integer(variants);
    const position = positions[i]! + offset;
    const block = column.block(position);
    const from = column.start(position) + variant * width;
    const to = (targetRow + i) * width;
    for (let j = 0; j < width; j++) target[to + j] = lookUp[block[from + j]!]!;
  }
}
