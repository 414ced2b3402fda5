/** Matrix products, batched, with either operand transposed for free. */
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr } from "../ir/expr.ts";
import type { MatmulOptions } from "../ir/fluent_methods.ts";
import { toExprs } from "../ir/leaves.ts";
import { broadcastShapes, formatShape, type Shape, sameShape, sizeOf } from "../shape.ts";
import { sumTo } from "./broadcast.ts";
import { add } from "./elementwise.ts";
import { reshape, slice, zeros } from "./shape_ops.ts";

export type { MatmulOptions };

export const matmulNode = definePrimitive<{ transposeA: boolean; transposeB: boolean }>({
  name: "matmul",
  vjp(g, node, index) {
    const [a, b] = node.inputs as [Expr, Expr];
    const { transposeA, transposeB } = node.attributes;
    if (index === 0) {
      const da = transposeA
        ? matmul(b, g, { transposeA: transposeB, transposeB: true })
        : matmul(g, b, { transposeB: !transposeB });
      return sumTo(da, a.shape);
    }
    if (b.rank === 2 && a.rank > 2 && !transposeA) return gradientOfSharedMatrix(a, g, transposeB);
    const db = transposeB
      ? matmul(g, a, { transposeA: true, transposeB: transposeA })
      : matmul(a, g, { transposeA: !transposeA });
    return sumTo(db, b.shape);
  },
  narrow(node, axis, start, end) {
    const [a, b] = node.inputs as [Expr, Expr];
    if (axis !== node.rank - 1) return undefined;
    return matmul(a, slice(b, node.attributes.transposeB ? -2 : -1, start, end), node.attributes);
  },
});

/** One matrix multiplied a whole batch: fold the batch into the rows, so that its gradient is a single product. */
function gradientOfSharedMatrix(a: Expr, g: Expr, transposed: boolean): Expr {
  const rows = (x: Expr) => reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
  return transposed ? matmul(rows(g), rows(a), { transposeA: true }) : matmul(rows(a), rows(g), { transposeA: true });
}

/**
 * The product of the last two axes, `[…, m, k] · […, k, n] → […, m, n]`; leading axes broadcast.
 *
 * @throws TraceError when an operand has fewer than two axes or the inner sizes differ.
 */
export function matmul(a: Expr, b: Expr, options: MatmulOptions = {}): Expr {
  const { transposeA = false, transposeB = false } = options;
  if (a.rank < 2 || b.rank < 2) {
    throw new TraceError(`matmul: needs matrices, got shapes ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  const [m, k] = lastTwo(a.shape, transposeA);
  const [inner, n] = lastTwo(b.shape, transposeB);
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (k !== inner || batch === undefined) {
    const flags = transposeA || transposeB ? ` (transposeA ${transposeA}, transposeB ${transposeB})` : "";
    throw new TraceError(`matmul: shapes ${formatShape(a.shape)} and ${formatShape(b.shape)} do not fit${flags}`);
  }
  if (a.dtype !== b.dtype) throw new TraceError(`matmul: element types differ (${a.dtype} and ${b.dtype})`);
  const shape = [...batch, m, n];
  // Runtimes leave a sum over nothing uninitialised.
  return k === 0 ? zeros(shape, a.dtype) : matmulNode([a, b], { transposeA, transposeB }, shape);
}

function lastTwo(shape: Shape, transposed: boolean): [number, number] {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  return transposed ? [columns, rows] : [rows, columns];
}

export const affineNode = definePrimitive({
  name: "linear",
  vjp(g, node, index) {
    const [x, weight] = node.inputs as [Expr, Expr];
    if (index === 0) return matmul(g, weight);
    if (index === 1) return matmul(g, x, { transposeA: true });
    return sumTo(g, node.inputs[2]!.shape);
  },
});

/**
 * y = x·Wᵀ + b, PyTorch's convention: `x [batch…, in]`, `weight [out, in]`, `bias [out]`.
 * An ensemble has a leading axis on the weights, `weight [ensemble, out, in]` and `bias [ensemble, out]`, and gives
 * `[ensemble, batch, out]`.
 */
export function linear(x: Expr, weight: Expr, bias?: Expr): Expr {
  if (bias !== undefined && !sameShape(bias.shape, weight.shape.slice(0, -1))) {
    throw new TraceError(`linear: bias ${formatShape(bias.shape)} does not fit weight ${formatShape(weight.shape)}`);
  }
  if (x.rank === 1) {
    const row = linear(reshape(x, [1, x.shape[0]!]), weight, bias);
    return reshape(row, row.shape.toSpliced(-2, 1));
  }
  if (x.rank === 2 && weight.rank === 2 && bias !== undefined && x.shape[1] === weight.shape[1] && x.shape[1] !== 0) {
    const [left, right, row] = toExprs("linear", [x, weight, bias]) as [Expr, Expr, Expr];
    return affineNode([left, right, row], {}, [x.shape[0]!, weight.shape[0]!]);
  }
  const product = matmul(x, weight, { transposeB: true });
  if (bias === undefined) return product;
  return add(product, weight.rank === 2 ? bias : reshape(bias, bias.shape.toSpliced(-1, 0, 1)));
}
