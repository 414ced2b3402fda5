/** Layer and group normalisation. */
import { TraceError } from "../errors.ts";
import { constant, definePrimitive, type Expr } from "../expr.ts";
import type { Emitter } from "../onnx/emitter.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { add, mul, sub } from "./elementwise.ts";
import { mean } from "./reduce.ts";
import { reshape } from "./shape_ops.ts";

interface NormalizeAttributes {
  readonly epsilon: number;
}

/** ONNX's operator also returns each row's mean and inverse deviation; all three outputs come from one node. */
function emitNormalization(emitter: Emitter, x: Expr, name: string, epsilon: number): readonly string[] {
  return emitter.once(`normalize:${x.id}:${epsilon}`, () => {
    const one = emitter.once(`ones:${x.shape.at(-1)}`, () => {
      const size = x.shape.at(-1)!;
      return [emitter.tensor(Tensor.of([size], new Float32Array(size).fill(1)))];
    });
    const attributes = { axis: -1, epsilon: { float: epsilon } };
    return emitter.ops("LayerNormalization", [name, one[0]!], attributes, { outputs: 3 });
  });
}

const normalizeNode = definePrimitive<NormalizeAttributes>({
  name: "normalize",
  // With x̂ = (x − μ)/σ: ∂L/∂x = (g − mean(g) − x̂·mean(g·x̂)) / σ, means over the last axis.
  vjp(g, node) {
    const x = node.inputs[0]!;
    const inverseDeviation = inverseDeviationNode([x], node.attributes, [...x.shape.slice(0, -1), 1]);
    const along = { axis: -1, keepDims: true };
    const projected = sub(sub(g, mul(node, mean(mul(g, node), along))), mean(g, along));
    return mul(projected, inverseDeviation);
  },
  emit: ({ attributes, inputs }, [x], emitter) => emitNormalization(emitter, inputs[0]!, x!, attributes.epsilon)[0]!,
});

const inverseDeviationNode = definePrimitive<NormalizeAttributes>({
  name: "inverseDeviation",
  emit: ({ attributes, inputs }, [x], emitter) => emitNormalization(emitter, inputs[0]!, x!, attributes.epsilon)[2]!,
});

/** Zero mean and unit variance along the last axis. */
export function normalize(x: Expr, epsilon = 1e-5): Expr {
  if (x.rank === 0 || x.shape.at(-1) === 0) {
    throw new TraceError(`layerNorm: the last axis of ${formatShape(x.shape)} has no elements`);
  }
  return normalizeNode([x], { epsilon }, x.shape);
}

/**
 * Layer normalisation over the last axis (Ba et al. 2016): `weight` and `bias` broadcast against `x`, usually `[features]`.
 */
export function layerNorm(x: Expr, weight?: Expr, bias?: Expr, epsilon = 1e-5): Expr {
  const scaled = weight === undefined ? normalize(x, epsilon) : mul(normalize(x, epsilon), weight);
  return bias === undefined ? scaled : add(scaled, bias);
}

/**
 * Group normalisation (Wu & He 2018) of `[batch, channels, …]` over groups of channels and all positions;
 * `weight` and `bias` are `[channels]`.
 */
export function groupNorm(x: Expr, groups: number, weight?: Expr, bias?: Expr, epsilon = 1e-5): Expr {
  const [batch, channels] = x.shape as [number, number];
  if (x.rank < 2 || channels % groups !== 0) {
    throw new TraceError(`groupNorm: ${groups} groups do not divide the channels of ${formatShape(x.shape)}`);
  }
  const grouped = reshape(x, [batch * groups, sizeOf(x.shape.slice(1)) / groups]);
  const perChannel = (values: Expr) => reshape(values, [channels, ...x.shape.slice(2).map(() => 1)]);
  const normalized = reshape(normalize(grouped, epsilon), x.shape);
  const one = constant(1, x.dtype);
  const scaled = mul(normalized, weight === undefined ? one : perChannel(weight));
  return bias === undefined ? scaled : add(scaled, perChannel(bias));
}
