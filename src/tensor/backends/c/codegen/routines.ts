/** Operations with a C function of their own. */

import { sizeOf } from "../../../shape.ts";
import { cType } from "./c_types.ts";
import type { RoutineNode } from "./ir.ts";
import type { Accumulator, Kernel } from "./kernel.ts";
import type { CodeContext } from "./loops.ts";

export function routineKernel(node: RoutineNode, { places, functions }: CodeContext): Kernel {
  const { label, units, cost, reads, writes, body } = node.routine;
  const size = sizeOf(node.shape);
  const inputs = node.inputs.map((value) => ({ value, place: places.at(value) }));
  const result = places.of(node);
  const parameters = inputs.map(({ value }, at) => `const ${cType(value.base.dtype)} *restrict in${at}`);
  const name = functions.define([`${cType(node.dtype)} *restrict out`, ...parameters], `${body}\n`);
  const accumulator: Accumulator = { operation: "sum", size, node, place: result };
  const isSum = writes === "sum";
  return {
    label,
    units,
    granularity: 1,
    cost,
    memories: [...inputs.map(({ place }) => place.memory), result.memory],
    reads: inputs.map(({ value, place }, at) => {
      const step = sizeOf(value.shape) / units;
      const isOwn = reads[at] === "unit" && place.offset === places.of(value.base).offset;
      return { value: value.base, step: isOwn && Number.isInteger(step) ? step : undefined };
    }),
    writes: [{ value: node, step: isSum || !Number.isInteger(size / units) ? undefined : size / units }],
    accumulators: isSum ? [accumulator] : [],
    call(lo, hi, task) {
      const out = isSum ? `${accumulator.parts!.pointer(0)} + ${task} * ${size}` : result.memory.pointer(result.offset);
      return `${name}(${[lo, hi, out, ...inputs.map(({ place }) => place.memory.pointer(place.offset))].join(", ")});`;
    },
  };
}
