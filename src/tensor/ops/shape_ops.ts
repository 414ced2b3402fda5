/** Reshaping, permuting, joining and slicing. Views of views collapse, so that packed parameters cost nothing. */
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr, type ExprLike } from "../ir/expr.ts";
import { constant, toExprs } from "../ir/leaves.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.ts";
import { resolveAxis } from "./axis.ts";
import { broadcastTo } from "./broadcast.ts";
import { add } from "./elementwise.ts";

export const reshapeNode = definePrimitive<{ shape: Shape }>({
  name: "reshape",
  vjp: (g, node) => reshape(g, node.inputs[0]!.shape),
  simplify({ shape }, inputs): Expr {
    const x = inputs[0]!;
    return reshape(reshapeNode.is(x) ? x.inputs[0]! : x, shape);
  },
});

/** The same elements in another shape; one dimension may be −1 and is inferred. */
export function reshape(x: Expr, shape: Shape): Expr {
  const known = sizeOf(shape.filter((dim) => dim !== -1));
  const target = shape.map((dim) => (dim === -1 ? sizeOf(x.shape) / known : dim));
  if (
    shape.filter((dim) => dim === -1).length > 1 ||
    sizeOf(target) !== sizeOf(x.shape) ||
    !target.every(Number.isInteger)
  ) {
    throw new TraceError(`reshape: shape ${formatShape(x.shape)} cannot become ${formatShape(shape)}`);
  }
  if (sameShape(target, x.shape)) return x;
  return reshapeNode([x], { shape: target }, target);
}

export const transposeNode = definePrimitive<{ permutation: readonly number[] }>({
  name: "transpose",
  vjp(g, node) {
    const { permutation } = node.attributes;
    return transpose(
      g,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    );
  },
});

/** Permutes the axes; by default swaps the last two. */
export function transpose(x: Expr, permutation?: readonly number[]): Expr {
  const identity = x.shape.map((_, axis) => axis);
  const order = permutation ?? [...identity.slice(0, -2), x.rank - 1, x.rank - 2];
  if (order.length !== x.rank || !identity.every((axis) => order.includes(axis))) {
    throw new TraceError(`transpose: [${order}] is not a permutation of the axes of ${formatShape(x.shape)}`);
  }
  if (order.every((axis, at) => axis === at)) return x;
  return transposeNode(
    [x],
    { permutation: order },
    order.map((axis) => x.shape[axis]!),
  );
}

export const concatNode = definePrimitive<{ axis: number }>({
  name: "concat",
  vjp(g, node, index, needed) {
    const { axis } = node.attributes;
    const start = node.inputs.slice(0, index).reduce((sum, input) => sum + input.shape[axis]!, 0);
    const end = start + node.inputs[index]!.shape[axis]!;
    const only = node.inputs.every((_, other) => other === index || !needed(other));
    return only ? narrow(g, axis, start, end) : slice(g, axis, start, end);
  },
  simplify({ attributes, shape }, inputs): Expr {
    const joined = joinAdjacentSlices(inputs, attributes.axis);
    return joined.length === 1 ? joined[0]! : concatNode(joined, attributes, shape);
  },
});

/** Joins tensors along an axis. @throws TraceError naming the shapes that do not fit. */
export function concat(values: readonly ExprLike[], axis = 0): Expr {
  const parts = toExprs("concat", values);
  const first = parts[0];
  if (first === undefined) throw new TraceError("concat: needs at least one tensor");
  const at = resolveAxis("concat", axis, first.shape);
  for (const part of parts) {
    const fits =
      part.rank === first.rank && part.shape.every((dim, other) => other === at || dim === first.shape[other]);
    if (!fits) {
      throw new TraceError(
        `concat: shapes ${formatShape(first.shape)} and ${formatShape(part.shape)} differ outside axis ${at}`,
      );
    }
  }
  if (parts.length === 1) return first;
  const shape = first.shape.map((dim, other) =>
    other === at ? parts.reduce((sum, part) => sum + part.shape[at]!, 0) : dim,
  );
  return concatNode(parts, { axis: at }, shape);
}

/** Consecutive slices merge into one slice, and a full slice becomes its source. */
function joinAdjacentSlices(parts: readonly Expr[], axis: number): Expr[] {
  const joined: { readonly first: Expr; range: SourceRange | undefined; parts: number }[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const [a, b] = [last?.range, contiguousSlice(part, axis)];
    if (last !== undefined && a !== undefined && b !== undefined && a.source === b.source && a.end === b.start) {
      last.range = { ...a, end: b.end };
      last.parts += 1;
    } else {
      joined.push({ first: part, range: b, parts: 1 });
    }
  }
  return joined.map(({ first, range, parts }) =>
    parts === 1 ? first : slice(range!.source, axis, range!.start, range!.end),
  );
}

/** Of one axis. */
interface SourceRange {
  readonly source: Expr;
  readonly start: number;
  readonly end: number;
}

function contiguousSlice(expr: Expr, axis: number): SourceRange | undefined {
  if (!sliceNode.is(expr) || expr.attributes.axis !== axis || expr.attributes.step !== 1) return undefined;
  return { source: expr.inputs[0]!, start: expr.attributes.start, end: expr.attributes.end };
}

export interface SliceAttributes {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export const sliceNode = definePrimitive<SliceAttributes>({
  name: "slice",
  // grad() joins the gradients of all slices of one tensor; see gradientOfSlices.
  vjp: (g) => g,
  simplify({ attributes }, inputs): Expr | undefined {
    const x = inputs[0]!;
    const { axis, start, end, step } = attributes;
    if (step !== 1) return undefined;
    const outer = contiguousSlice(x, axis);
    if (outer !== undefined) return slice(outer.source, axis, outer.start + start, outer.start + end);
    return concatNode.is(x) && x.attributes.axis === axis ? partOfConcat(x.inputs, axis, start, end) : undefined;
  },
});

/** The elements start, start + step, … before `end` of one axis. Negative bounds count from the end. */
export function slice(x: Expr, axis: number, start: number, end?: number, step = 1): Expr {
  const at = resolveAxis("slice", axis, x.shape);
  const size = x.shape[at]!;
  const from = start < 0 ? start + size : start;
  const to = end === undefined ? size : end < 0 ? end + size : end;
  const whole = [from, to, step].every(Number.isInteger);
  if (!(whole && from >= 0 && from <= to && to <= size && step >= 1)) {
    throw new TraceError(`slice: ${start}:${end ?? ""}:${step} is outside axis ${at} of ${formatShape(x.shape)}`);
  }
  if (from === 0 && to === size && step === 1) return x;
  const shape = x.shape.map((dim, other) => (other === at ? Math.ceil((to - from) / step) : dim));
  return sliceNode([x], { axis: at, start: from, end: to, step }, shape);
}

/** The part of a concatenation that holds the whole range, sliced to it. */
function partOfConcat(parts: readonly Expr[], axis: number, start: number, end: number): Expr | undefined {
  let offset = 0;
  for (const part of parts) {
    const size = part.shape[axis]!;
    if (start >= offset && end <= offset + size) return slice(part, axis, start - offset, end - offset);
    offset += size;
  }
  return undefined;
}

/** Cuts an axis into pieces of the given sizes. */
export function split(x: Expr, sizes: readonly number[], axis = 0): Expr[] {
  const at = resolveAxis("split", axis, x.shape);
  if (sizes.reduce((sum, size) => sum + size, 0) !== x.shape[at]) {
    throw new TraceError(`split: sizes [${sizes}] do not add up to axis ${at} of ${formatShape(x.shape)}`);
  }
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return slice(x, at, start - size, start);
  });
}

/** Index `i` of the first axis, with that axis removed. */
export function at(x: Expr, index: number): Expr {
  return reshape(slice(x, 0, index, index === -1 ? undefined : index + 1), x.shape.slice(1));
}

/** Joins tensors of one shape along a new first axis. */
export function stack(values: readonly Expr[]): Expr {
  return concat(values.map((value) => reshape(value, [1, ...value.shape])));
}

export const padNode = definePrimitive<{ before: Shape; after: Shape; value: number }>({
  name: "pad",
  vjp(g, { attributes, inputs }) {
    const source = inputs[0]!;
    return source.shape.reduce((cut, dim, axis) => {
      const start = attributes.before[axis]!;
      return slice(cut, axis, start, start + dim);
    }, g);
  },
});

/** Adds a constant border: `before[axis]` elements ahead of each axis and `after[axis]` behind it. */
export function pad(x: Expr, before: Shape, after: Shape, value = 0): Expr {
  if (before.length !== x.rank || after.length !== x.rank || [...before, ...after].some((width) => width < 0)) {
    throw new TraceError(`pad: needs ${x.rank} non-negative widths before and after ${formatShape(x.shape)}`);
  }
  if ([...before, ...after].every((width) => width === 0)) return x;
  const shape = x.shape.map((dim, axis) => before[axis]! + dim + after[axis]!);
  return padNode([x], { before, after, value }, shape);
}

/** Like `slice`, but lets the producer compute only that range if possible (a product needs only some columns). */
function narrow(x: Expr, axis: number, start: number, end: number): Expr {
  if (start === 0 && end === x.shape[axis]) return x;
  return x.primitive.narrow?.(x, axis, start, end) ?? slice(x, axis, start, end);
}

export interface SliceGradient {
  readonly node: Expr;
  readonly gradient: Expr;
}

/**
 * The gradient of a tensor from the gradients of its slices. Disjoint pieces are concatenated, which is one copy; in general
 * each is padded to the full shape and added.
 */
export function gradientOfSlices(source: Expr, slices: readonly SliceGradient[]): Expr {
  const pieces = slices
    .map(({ node, gradient }) => ({ gradient, ...(node.attributes as SliceAttributes) }))
    .sort((a, b) => a.start - b.start);
  const axis = pieces[0]!.axis;
  const disjoint = pieces.every((piece, i) => {
    return piece.axis === axis && piece.step === 1 && piece.start >= (pieces[i - 1]?.end ?? 0);
  });
  if (!disjoint) return pieces.map((piece) => scatterSlice(source, piece.gradient, piece)).reduce(add);
  const parts: Expr[] = [];
  let position = 0;
  const zerosUntil = (end: number) => {
    if (end > position) parts.push(zeros(source.shape.with(axis, end - position), source.dtype));
  };
  for (const { gradient, start, end } of pieces) {
    zerosUntil(start);
    parts.push(gradient);
    position = end;
  }
  zerosUntil(source.shape[axis]!);
  return concat(parts, axis);
}

/** Places the gradient of a slice at its source range, with zeros elsewhere. */
function scatterSlice(source: Expr, gradient: Expr, { axis, start, step }: SliceAttributes): Expr {
  const count = gradient.shape[axis]!;
  // A step > 1 leaves gaps: give every element a group of its own, fill the group with zeros, then drop the last gap.
  const grouped = reshape(gradient, [...gradient.shape.slice(0, axis + 1), 1, ...gradient.shape.slice(axis + 1)]);
  const widths = grouped.shape.map((_, other) => (other === axis + 1 ? step - 1 : 0));
  const none = grouped.shape.map(() => 0);
  const strided = reshape(pad(grouped, none, widths), gradient.shape.with(axis, count * step));
  const trimmed = slice(strided, axis, 0, Math.min(count * step, source.shape[axis]! - start));
  const before = source.shape.map((_, other) => (other === axis ? start : 0));
  const after = source.shape.map((dim, other) => (other === axis ? dim - start - trimmed.shape[axis]! : 0));
  return pad(trimmed, before, after);
}

export function zeros(shape: Shape, dtype: Expr["dtype"] = "float32"): Expr {
  return broadcastTo(constant(0, dtype), shape);
}
