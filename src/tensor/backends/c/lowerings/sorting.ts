/**
 * Order statistics; the first of equal elements comes first. `topK` takes NaN for the largest number, as PyTorch does.
 * `argmax` and `argmin` never choose a NaN that is not the first element, as ONNX Runtime does.
 */
import type { Node } from "../../../ir/expr.ts";
import type { TopKAttributes } from "../../../ops/sorting.ts";
import type { Shape } from "../../../shape.ts";
import { typeSuffix } from "../codegen/c_types.ts";
import type { Builder, Value } from "../codegen/ir.ts";
import { takeAlong } from "./indexing.ts";
import { linesAlong } from "./lines.ts";
import type { CLowerings } from "./table.ts";

export const sorting = {
  argmax: extremumIndex(">"),
  argmin: extremumIndex("<"),
  topKIndices: ({ attributes, shape }, [x], builder) => topIndices(x!, attributes, shape, builder),
  topK({ attributes, shape }, [x], builder) {
    return takeAlong(x!, topIndices(x!, attributes, shape, builder), attributes.axis, builder);
  },
} satisfies Partial<CLowerings>;

function extremumIndex(better: "<" | ">") {
  return ({ attributes, shape }: Node<{ readonly axis: number }>, [x]: readonly Value[], builder: Builder): Value => {
    const { outer, size, inner } = linesAlong(x!.shape, attributes.axis);
    const body = `
      for (long unit = lo; unit < hi; unit++)
        for (long j = 0; j < ${inner}; j++) {
          const __typeof__(*in0) *line = in0 + unit * ${size * inner} + j;
          long best = 0;
          for (long i = 1; i < ${size}; i++)
            if (line[i * ${inner}] ${better} line[best * ${inner}]) best = i;
          out[unit * ${inner} + j] = best;
        }`;
    return builder.routine(
      {
        label: better === ">" ? "argmax" : "argmin",
        units: outer,
        cost: size * inner,
        reads: ["unit"],
        writes: "unit",
        body,
      },
      [x!],
      shape,
      "int64",
    );
  };
}

function topIndices(x: Value, { k, axis, largest }: TopKAttributes, shape: Shape, builder: Builder): Value {
  const { outer, size, inner } = linesAlong(x.shape, axis);
  const sort = `top_${largest ? "largest" : "smallest"}_${typeSuffix(x.base.dtype)}`;
  const body = `
    for (long unit = lo; unit < hi; unit++)
      for (long j = 0; j < ${inner}; j++)
        ${sort}(in0 + unit * ${size * inner} + j, ${inner}, ${size}, out + unit * ${k * inner} + j, ${k});`;
  return builder.routine(
    {
      label: "top k",
      units: outer,
      cost: inner * (2 * size + 8 * k * Math.log2(1 + k)),
      reads: ["unit"],
      writes: "unit",
      body,
    },
    [x],
    shape,
    "int64",
  );
}
