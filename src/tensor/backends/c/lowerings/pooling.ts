/** Pooling of images. A NaN in a window is its largest element. */
import type { DType } from "../../../dtype.ts";
import type { Window } from "../../../ops/images/conv.ts";
import { type Shape, sizeOf } from "../../../shape.ts";
import { cType } from "../codegen/c_types.ts";
import type { Builder, Value } from "../codegen/ir.ts";
import { broadcastView } from "../codegen/views.ts";
import { takeAlong } from "./indexing.ts";
import type { CLowerings } from "./table.ts";

export const pooling = {
  maxPoolIndices: ({ attributes, shape }, [x], builder) => maxIndices(x!, attributes.window, shape, builder),
  /** Through the indices, which the gradient needs, too. */
  maxPool2d({ attributes, shape }, [x], builder) {
    const indices = maxIndices(x!, attributes.window, shape, builder);
    const flat = [x!, indices].map((value) => builder.reshape(value, [sizeOf(value.shape)])) as [Value, Value];
    return builder.reshape(takeAlong(...flat, 0, builder), shape);
  },
  averagePool2d({ attributes, shape, dtype }, [x], builder) {
    const { countPadding, window } = attributes;
    const count = countPadding ? `${window.kernel[0] * window.kernel[1]}` : "count";
    return pool(x!, window, shape, dtype, builder, {
      label: "average pooling",
      start: `${cType(dtype)} sum = 0; long count = 0;`,
      each: "sum += in0[at]; count++;",
      result: `sum / ${count}`,
    });
  },
} satisfies Partial<CLowerings>;

function maxIndices(x: Value, window: Window, shape: Shape, builder: Builder): Value {
  return pool(x, window, shape, "int64", builder, {
    label: "max pooling",
    start: "long best = -1;",
    each: "if (best < 0 || in0[at] > in0[best] || (in0[at] != in0[at] && in0[best] == in0[best])) best = at;",
    result: "best",
  });
}

/** C statements, which see elements of the window at `in0[at]`, and an expression. */
interface Pooling {
  readonly label: string;
  readonly start: string;
  readonly each: string;
  readonly result: string;
}

function pool(x: Value, window: Window, shape: Shape, dtype: DType, builder: Builder, pooling: Pooling): Value {
  if (sizeOf(x.shape) === 0) return broadcastView(builder.number(0, dtype), shape);
  const [images, channels, rows, columns] = shape as readonly [number, number, number, number];
  const { kernel, stride, dilation, padding } = window;
  const [height, width] = [x.shape[2]!, x.shape[3]!];
  const { label, start, each, result } = pooling;
  const body = `
    for (long unit = lo; unit < hi; unit++)
      for (long column = 0; column < ${columns}; column++) {
        const long plane = unit / ${rows}, top = unit % ${rows} * ${stride[0]} - ${padding[0]};
        const long left = column * ${stride[1]} - ${padding[1]};
        ${start}
        for (long i = 0; i < ${kernel[0]}; i++)
          for (long j = 0; j < ${kernel[1]}; j++) {
            const long y = top + i * ${dilation[0]}, x = left + j * ${dilation[1]};
            if (y < 0 || y >= ${height} || x < 0 || x >= ${width}) continue;
            const long at = (plane * ${height} + y) * ${width} + x;
            ${each}
          }
        out[unit * ${columns} + column] = ${result};
      }`;
  return builder.routine(
    {
      label,
      units: images * channels * rows,
      cost: columns * kernel[0] * kernel[1] * 2,
      reads: ["all"],
      writes: "unit",
      body,
    },
    [x],
    shape,
    dtype,
  );
}
