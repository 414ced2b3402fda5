/** Layer and group normalisation. */
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr, type Node } from "../ir/expr.ts";
import { constant } from "../ir/leaves.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.ts";
import { sumTo } from "./broadcast.ts";
import { add, mul, sub } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { mean } from "./reduce.ts";
import { reshape } from "./shape_ops.ts";

export interface NormalizeAttributes {
  readonly epsilon: number;
}

/** (x − μ)/σ over the last axis, with σ = √(variance + epsilon). */
export const normalizeNode = definePrimitive<NormalizeAttributes>({
  name: "normalize",
  vjp: (g, node) => projectGradient(g, node, mul(g, node), undefined),
});

/** 1/σ of each row, with the last axis kept. */
export const inverseDeviationNode = definePrimitive<NormalizeAttributes>({ name: "inverseDeviation" });

/**
 * The gradient through x̂ = (x − μ)/σ and y = w·x̂ + b, given g = ∂L/∂y and g·x̂:
 * ∂L/∂x = (w·g − mean(w·g) − x̂·mean(w·g·x̂)) / σ, means over the last axis. g·x̂ is already computed, so its mean against w
 * is a product with a vector, which is cheaper than scaling all of it first.
 */
function projectGradient(
  g: Expr,
  normalized: Node<NormalizeAttributes>,
  weighted: Expr,
  weight: Expr | undefined,
): Expr {
  const x = normalized.inputs[0]!;
  const features = x.shape.at(-1)!;
  const inverseDeviation = inverseDeviationNode([x], normalized.attributes, x.shape.with(-1, 1));
  const average = (values: Expr) => mean(values, { axis: -1, keepDims: true });
  const column = (vector: Expr) => reshape(vector, [...vector.shape.slice(0, -2), features, 1]);
  const scaled = weight === undefined ? g : mul(g, weight);
  const overlap = weight === undefined ? average(weighted) : matmul(weighted, mul(column(weight), 1 / features));
  return mul(sub(sub(scaled, mul(normalized, overlap)), average(scaled)), inverseDeviation);
}

export const affineNormalizeNode = definePrimitive<NormalizeAttributes>({
  name: "layerNorm",
  vjp(g, node, index) {
    const [x, weight, bias] = node.inputs as [Expr, Expr, Expr];
    if (index === 2) return sumTo(g, bias.shape);
    const normalized = normalize(x, node.attributes.epsilon);
    const weighted = mul(g, normalized);
    if (index === 1) return sumTo(weighted, weight.shape);
    return projectGradient(g, normalized, weighted, weight);
  },
});

/** Zero mean and unit variance along the last axis. */
function normalize(x: Expr, epsilon: number): Node<NormalizeAttributes> {
  return normalizeNode([x], { epsilon }, x.shape) as Node<NormalizeAttributes>;
}

/**
 * Layer normalisation over the last axis (Ba et al. 2016).
 *
 * @param weight `[features]`, or `[ensemble, 1, features]` against `[ensemble, rows, features]`; so is `bias`.
 */
export function layerNorm(x: Expr, weight?: Expr, bias?: Expr, epsilon = 1e-5): Expr {
  if (x.rank === 0 || x.shape.at(-1) === 0) {
    throw new TraceError(`layerNorm: the last axis of ${formatShape(x.shape)} has no elements`);
  }
  for (const vector of [weight, bias]) {
    if (vector === undefined || fitsRows(vector.shape, x.shape)) continue;
    throw new TraceError(`layerNorm: weight or bias ${formatShape(vector.shape)} does not fit ${formatShape(x.shape)}`);
  }
  if (weight !== undefined && bias !== undefined && x.rank > 1)
    return affineNormalizeNode([x, weight, bias], { epsilon }, x.shape);
  const scaled = weight === undefined ? normalize(x, epsilon) : mul(normalize(x, epsilon), weight);
  return bias === undefined ? scaled : add(scaled, bias);
}

/** One vector for all rows, or one for each member of the leading axes. */
function fitsRows(vector: Shape, rows: Shape): boolean {
  if (vector.at(-1) !== rows.at(-1)) return false;
  return vector.length === 1 || (vector.at(-2) === 1 && sameShape(vector.slice(0, -2), rows.slice(0, -2)));
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
