/** Operations that move elements. Most are views. */
import { sizeOf } from "../../../shape.ts";
import { broadcastView, sliceView, transposeView } from "../codegen/views.ts";
import type { CLowerings } from "./table.ts";

export const shapes = {
  stopGradient: (_, [x]) => x!,
  reshape: ({ shape }, [x], builder) => builder.reshape(x!, shape),
  transpose: ({ attributes }, [x]) => transposeView(x!, attributes.permutation),
  broadcastTo: ({ shape }, [x]) => broadcastView(x!, shape),
  slice({ attributes, shape }, [x]) {
    const { axis, start, step } = attributes;
    return sliceView(x!, axis, start, shape[axis]!, step);
  },
  concat: ({ attributes, shape }, inputs, builder) => builder.concat(inputs, attributes.axis, shape),
  pad({ attributes, shape, dtype }, [x], builder) {
    const { before, after, value } = attributes;
    const border = builder.number(value, dtype);
    if (sizeOf(x!.shape) === 0) return broadcastView(border, shape);
    return x!.shape.reduce((padded, dim, axis) => {
      const width = before[axis]! + dim + after[axis]!;
      if (width === dim) return padded;
      const edge = (size: number) => broadcastView(border, padded.shape.with(axis, size));
      return builder.concat([edge(before[axis]!), padded, edge(after[axis]!)], axis, padded.shape.with(axis, width));
    }, x!);
  },
} satisfies Partial<CLowerings>;
