import type { Emitter } from "./emitter.ts";

/** WebGPU grants a shader eight storage buffers; a Split needs one for its input and one for each output. */
const MAX_OUTPUTS = 7;

/** The parts of a tensor along an axis, in order: one Split, or a tree of them. */
export function split(emitter: Emitter, x: string, sizes: readonly number[], axis: number): readonly string[] {
  if (sizes.length === 1) return [x];
  if (sizes.length <= MAX_OUTPUTS) {
    return emitter.ops("Split", [x, emitter.int64(sizes)], { axis }, { outputs: sizes.length });
  }
  let perGroup = MAX_OUTPUTS;
  while (perGroup * MAX_OUTPUTS < sizes.length) perGroup *= MAX_OUTPUTS;
  const groups: (readonly number[])[] = [];
  for (let at = 0; at < sizes.length; at += perGroup) groups.push(sizes.slice(at, at + perGroup));
  const totals = groups.map((group) => group.reduce((sum, size) => sum + size, 0));
  return split(emitter, x, totals, axis).flatMap((part, i) => split(emitter, part, groups[i]!, axis));
}
