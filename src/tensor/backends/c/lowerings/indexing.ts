/**
 * Reading and adding at computed positions. A negative index counts from the end; one out of range means the nearest
 * element, so that no memory outside the tensor is touched.
 */
import { sizeOf } from "../../../shape.ts";
import type { Builder, Value } from "../codegen/ir.ts";
import { broadcastView } from "../codegen/views.ts";
import { linesAlong } from "./lines.ts";
import type { CLowerings } from "./table.ts";

/** Passes over the indices of `addRows`. */
const MAX_PASSES = 16;

export const indexing = {
  gather({ attributes, inputs, shape, dtype }, [x, indices], builder) {
    if (sizeOf(x!.shape) === 0) return broadcastView(builder.number(0, dtype), shape);
    const { outer, size, inner } = linesAlong(x!.shape, attributes.axis);
    const count = sizeOf(inputs[1]!.shape);
    const body = `
      for (long unit = lo; unit < hi; unit++) {
        const long row = unit / ${count} * ${size} + wrapped_index(in1[unit % ${count}], ${size});
        memcpy(out + unit * ${inner}, in0 + row * ${inner}, ${inner} * sizeof *out);
      }`;
    return builder.routine(
      { label: "gather", units: outer * count, cost: 1 + inner / 4, reads: ["all", "all"], writes: "unit", body },
      [x!, indices!],
      shape,
    );
  },

  /** Every unit looks at all indices, and adds the rows that belong to its part of the result. */
  addRows({ inputs, shape }, [base, indices, rows], builder) {
    const { size, inner } = linesAlong(shape, 0);
    const count = inputs[1]!.shape[0]!;
    const units = largestDivisor(size, MAX_PASSES);
    const part = size / units;
    const body = `
      const long first = lo * ${part}L, end = hi * ${part}L;
      memcpy(out + first * ${inner}, in0 + first * ${inner}, (end - first) * ${inner} * sizeof *out);
      for (long i = 0; i < ${count}; i++) {
        const long row = wrapped_index(in1[i], ${size});
        if (row < first || row >= end) continue;
        for (long j = 0; j < ${inner}; j++) out[row * ${inner} + j] += in2[i * ${inner} + j];
      }`;
    return builder.routine(
      {
        label: "add rows",
        units,
        cost: inner * (part + count / units) + count,
        reads: ["unit", "all", "all"],
        writes: "unit",
        body,
      },
      [base!, indices!, rows!],
      shape,
    );
  },

  takeAlongAxis: ({ attributes }, [x, indices], builder) => takeAlong(x!, indices!, attributes.axis, builder),

  scatterAdd({ attributes, inputs, shape }, [x, indices, updates], builder) {
    const { outer, size, inner } = linesAlong(shape, attributes.axis);
    const count = inputs[1]!.shape[attributes.axis]!;
    const [from, to] = [count * inner, size * inner];
    const body = `
      memcpy(out + lo * ${to}, in0 + lo * ${to}, (hi - lo) * ${to} * sizeof *out);
      for (long unit = lo; unit < hi; unit++)
        for (long i = 0, at = unit * ${from}; i < ${count}; i++)
          for (long j = 0; j < ${inner}; j++, at++)
            out[unit * ${to} + wrapped_index(in1[at], ${size}) * ${inner} + j] += in2[at];`;
    return builder.routine(
      {
        label: "scatter and add",
        units: outer,
        cost: to + 2 * from,
        reads: ["unit", "unit", "unit"],
        writes: "unit",
        body,
      },
      [x!, indices!, updates!],
      shape,
    );
  },
} satisfies Partial<CLowerings>;

/** One element of `x` per element of `indices`, from the same line along the axis. */
export function takeAlong(x: Value, indices: Value, axis: number, builder: Builder): Value {
  const { shape } = indices;
  if (sizeOf(x.shape) === 0) return broadcastView(builder.number(0, x.base.dtype), shape);
  const { size, inner } = linesAlong(x.shape, axis);
  const { outer, size: count } = linesAlong(shape, axis);
  const body = `
    for (long unit = lo; unit < hi; unit++)
      for (long j = 0, at = unit * ${inner}; j < ${inner}; j++, at++)
        out[at] = in0[(unit / ${count} * ${size} + wrapped_index(in1[at], ${size})) * ${inner} + j];`;
  return builder.routine(
    {
      label: "take along axis",
      units: outer * count,
      cost: 2 * inner,
      reads: ["all", "unit"],
      writes: "unit",
      body,
    },
    [x, indices],
    shape,
  );
}

function largestDivisor(size: number, limit: number): number {
  let divisor = Math.min(size, limit);
  while (size % divisor !== 0) divisor--;
  return divisor;
}
