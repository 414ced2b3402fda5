/** Reductions, normalisations and products. */
import { sizeOf } from "../../../shape.ts";
import type { Builder, Value } from "../codegen/ir.ts";
import { swapLastAxes } from "../codegen/views.ts";
import type { CLowerings } from "./table.ts";

export const reductions = {
  sum: ({ attributes }, [x], builder) => builder.reduce("sum", x!, attributes.axes),
  sumTo: ({ attributes, shape }, [x], builder) => builder.reshape(builder.reduce("sum", x!, attributes.axes), shape),
  mean: ({ attributes }, [x], builder) => mean(x!, attributes.axes, builder),
  max: ({ attributes }, [x], builder) => builder.reduce("max", x!, attributes.axes),
  min: ({ attributes }, [x], builder) => builder.reduce("min", x!, attributes.axes),
  softmax({ attributes }, [x], builder) {
    const { powers, total } = shiftedPowers(x!, attributes.axis, builder);
    return builder.map("$0 * $1", [powers, builder.map("1 / $0", [total], total.shape)], x!.shape);
  },
  logSoftmax({ attributes }, [x], builder) {
    const { shifted, total } = shiftedPowers(x!, attributes.axis, builder);
    return builder.map("$0 - $1", [shifted, builder.map("log_$t($0)", [total], total.shape)], x!.shape);
  },
  normalize: ({ attributes }, [x], builder) => normalize(x!, attributes.epsilon, builder).normalized,
  inverseDeviation: ({ attributes }, [x], builder) => normalize(x!, attributes.epsilon, builder).inverseDeviation,
  layerNorm({ attributes, shape }, [x, weight, bias], builder) {
    const { normalized } = normalize(x!, attributes.epsilon, builder);
    return builder.map("$0 * $1 + $2", [normalized, weight!, bias!], shape);
  },

  matmul({ attributes }, [a, b], builder) {
    const { transposeA, transposeB } = attributes;
    return builder.matmul(transposeA ? swapLastAxes(a!) : a!, transposeB ? swapLastAxes(b!) : b!);
  },
  linear: (_, [x, weight, bias], builder) => builder.matmul(x!, swapLastAxes(weight!), bias),
} satisfies Partial<CLowerings>;

function mean(x: Value, axes: readonly number[], builder: Builder): Value {
  const sum = builder.reduce("sum", x, axes);
  const share = builder.number(sizeOf(sum.shape) / sizeOf(x.shape), x.base.dtype);
  return builder.map("$0 * $1", [sum, share], sum.shape);
}

/** exp(x − max) and its sum along an axis. */
function shiftedPowers(x: Value, axis: number, builder: Builder) {
  const shifted = builder.map("$0 - $1", [x, builder.reduce("max", x, [axis])], x.shape);
  const powers = builder.map("exp_$t($0)", [shifted], x.shape);
  return { shifted, powers, total: builder.reduce("sum", powers, [axis]) };
}

/** (x − μ)/σ and 1/σ over the last axis, from the centred values: E[x²] − μ² would cancel. */
function normalize(x: Value, epsilon: number, builder: Builder) {
  const last = x.shape.length - 1;
  const centred = builder.map("$0 - $1", [x, mean(x, [last], builder)], x.shape);
  const variance = mean(builder.map("$0 * $0", [centred], x.shape), [last], builder);
  const offset = builder.number(epsilon, x.base.dtype);
  const inverseDeviation = builder.map("1 / sqrt_$t($0 + $1)", [variance, offset], variance.shape);
  return { normalized: builder.map("$0 * $1", [centred, inverseDeviation], x.shape), inverseDeviation };
}
