/**
 * A traced program in the form from which loops are made. Nodes own memory and views read it. Composite operations are
 * taken apart into elementwise maps and reductions, which then fuse with their neighbours.
 */
import { type DType, isFloat } from "../../../dtype.ts";
import { exactNumber } from "../../../ir/expr.ts";
import { formatShape, type Shape, sizeOf } from "../../../shape.ts";
import {
  broadcastView,
  isContiguous,
  isWhole,
  reshapeView,
  rowMajor,
  sliceView,
  swapLastAxes,
  type View,
  whole,
} from "./views.ts";

export type Value = View<Node>;
export type Node = FeedNode | NumberNode | TensorNode | MapNode | ReduceNode | ProductNode | ConcatNode | RoutineNode;

interface NodeOf<Kind extends string> {
  /** Creation order: inputs have smaller ids. */
  readonly id: number;
  readonly kind: Kind;
  readonly inputs: readonly Value[];
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface FeedNode extends NodeOf<"feed"> {
  readonly name: string;
}

/** A scalar constant: a literal in the code. */
export interface NumberNode extends NodeOf<"number"> {
  readonly value: number;
}

export interface TensorNode extends NodeOf<"tensor"> {
  /** Index of the constant in the program's nodes. */
  readonly index: number;
}

/** An elementwise function. All inputs have the node's shape, by broadcasting. */
export interface MapNode extends NodeOf<"map"> {
  /** A C expression of `$0`, `$1`, …; `$t` is the operands' type, as in the names of the runtime's functions. */
  readonly formula: string;
}

export type ReduceOperation = "sum" | "max" | "min";

/** A reduction of its input over some axes, which keep size 1. */
export interface ReduceNode extends NodeOf<"reduce"> {
  readonly operation: ReduceOperation;
  readonly axes: readonly number[];
}

/** `[batch…, m, k] · [batch…, k, n]`, float32, plus a third input of shape `[n]` if there is one. */
export interface ProductNode extends NodeOf<"product"> {
  readonly batch: Shape;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Its inputs are whole nodes, which are placed in its memory. */
export interface ConcatNode extends NodeOf<"concat"> {
  readonly axis: number;
}

/** An operation with a C function of its own. Its inputs are contiguous. */
export interface RoutineNode extends NodeOf<"routine"> {
  readonly routine: Routine;
}

export interface Routine {
  /** Appears in comments. */
  readonly label: string;
  /** Independent parts of the work; a task computes those from `lo` to before `hi`. */
  readonly units: number;
  /** Multiply-adds per unit, or as many operations of about that cost. */
  readonly cost: number;
  /** For each input: does a unit read only its own 1/units of the array, in order, or any of it? */
  readonly reads: readonly ("unit" | "all")[];
  /**
   * "unit": a unit writes its own 1/units of the result. "sum": it adds to the whole result; tasks have zeroed copies of
   * their own, which are added in a fixed order.
   */
  readonly writes: "unit" | "sum";
  /** C statements that compute the units `lo` … `hi − 1` of `out` from `in0`, `in1`, …. */
  readonly body: string;
}

/** Omits from every member of a union. */
type Description<N> = N extends Node ? Omit<N, "id"> : never;

/** C code counts with `int`, and adds two counts at most. */
const MOST_ELEMENTS = 2 ** 30;

/** Creates nodes. Equal ones are created once. */
export class Builder {
  readonly nodes: Node[] = [];
  readonly #known = new Map<string, Node>();
  /** Nodes with a place that has been decided: part of a concatenation, or a result of the program. */
  readonly #owned = new Set<Node>();

  node(description: Description<Node>): Value {
    const { inputs, ...rest } = description;
    const operands = inputs.map(({ base, offset, shape, strides }) => `${base.id}:${offset}:${shape}:${strides}`);
    const key = `${operands.join("|")}|${JSON.stringify(rest, exactNumber)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return whole(known);
    const created = this.#create(description);
    this.#known.set(key, created.base);
    return created;
  }

  #create(description: Description<Node>): Value {
    for (const { shape } of [description, ...description.inputs]) {
      if (sizeOf(shape) > MOST_ELEMENTS)
        throw new Error(`c cannot compute with ${formatShape(shape)}: more than 2³⁰ elements`);
    }
    const node = { ...description, id: this.nodes.length } as Node;
    this.nodes.push(node);
    return whole(node);
  }

  number(value: number, dtype: DType = "float32"): Value {
    return this.node({ kind: "number", inputs: [], shape: [], dtype, value });
  }

  /** An elementwise function of values that broadcast to `shape`. */
  map(formula: string, inputs: readonly Value[], shape: Shape, dtype: DType = inputs[0]!.base.dtype): Value {
    return this.node({
      kind: "map",
      inputs: inputs.map((value) => broadcastView(value, shape)),
      shape,
      dtype,
      formula,
    });
  }

  /** The reduced axes keep size 1. */
  reduce(operation: ReduceOperation, x: Value, axes: readonly number[]): Value {
    const over = axes.filter((axis) => x.shape[axis] !== 1);
    const shape = x.shape.map((dim, axis) => (over.includes(axis) ? 1 : dim));
    const { dtype } = x.base;
    if (over.length === 0) return x;
    if (sizeOf(x.shape) === 0) return broadcastView(this.number(0, dtype), shape);
    const [axis] = over;
    if (over.length === 1 && x.shape[axis!]! <= LONGEST_UNROLLED) {
      const parts = Array.from({ length: x.shape[axis!]! }, (_, at) => sliceView(x, axis!, at, 1));
      return parts.reduce((total, part) => this.map(joining(operation, dtype), [total, part], shape));
    }
    return this.node({ kind: "reduce", inputs: [x], shape, dtype, operation, axes: over });
  }

  /** An array with row-major strides: a copy, or the value itself if it is one. Numbers have no memory. */
  contiguous(x: Value): Value {
    return isContiguous(x) && x.base.kind !== "number" ? { ...x, strides: rowMajor(x.shape) } : this.copy(x);
  }

  copy(x: Value): Value {
    return this.map("$0", [x], x.shape);
  }

  reshape(x: Value, shape: Shape): Value {
    return reshapeView(x, shape) ?? { ...this.copy(x), shape, strides: rowMajor(shape) };
  }

  /** `[…, m, k] · […, k, n] (+ [n])`; leading axes broadcast. */
  matmul(a: Value, b: Value, bias?: Value): Value {
    const [m, k, n] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
    const rank = Math.max(a.shape.length, b.shape.length);
    const batch = Array.from({ length: rank - 2 }, (_, axis) => {
      const [left, right] = [a.shape.at(axis - rank) ?? 1, b.shape.at(axis - rank) ?? 1];
      return left === 1 ? right : left;
    });
    const left = broadcastView(a, [...batch, m, k]);
    const right = broadcastView(b, [...batch, k, n]);
    const [dtype, shape] = [a.base.dtype, [...batch, m, n]];
    const isVector = (n === 1 && m > 1) || (m === 1 && k > LONGEST_UNROLLED && b.strides.at(-1) === 1);
    if (k > 1 && dtype === "float32" && !isVector) {
      const inputs = [left, right].map((x) => this.#withUnitStride(x));
      if (bias !== undefined) inputs.push(this.contiguous(bias));
      return this.node({ kind: "product", inputs, shape, dtype, batch, m, n, k });
    }
    const product = this.#mappedProduct(left, right, batch);
    return bias === undefined ? product : this.map(arithmetic("add", dtype), [product, bias], shape);
  }

  /** Products with a vector, and those of other types, as maps and sums: these fuse. */
  #mappedProduct(left: Value, right: Value, batch: Shape): Value {
    const [m, k, n] = [left.shape.at(-2)!, left.shape.at(-1)!, right.shape.at(-1)!];
    const rank = batch.length + 2;
    const formula = arithmetic("mul", left.base.dtype);
    const multiply = (x: Value, y: Value, ...shape: number[]) => this.map(formula, [x, y], [...batch, ...shape]);
    if (k === 1) return multiply(left, right, m, n);
    if (n === 1) return this.reduce("sum", multiply(left, swapLastAxes(right), m, k), [rank - 1]);
    if (m === 1) return this.reduce("sum", multiply(swapLastAxes(left), right, k, n), [rank - 2]);
    const rows = this.reshape(left, [...batch, m, 1, k]);
    const columns = this.reshape(swapLastAxes(right), [...batch, 1, n, k]);
    const sums = this.reduce("sum", multiply(rows, columns, m, n, k), [rank]);
    return this.reshape(sums, [...batch, m, n]);
  }

  /** Products read rows or columns that are contiguous. */
  #withUnitStride(x: Value): Value {
    const isReadable = x.strides.at(-1) === 1 || x.strides.at(-2) === 1;
    return isReadable && x.base.kind !== "number" ? x : this.copy(x);
  }

  /** The parts are computed where they belong; those that are needed elsewhere, too, are copied. */
  concat(parts: readonly Value[], axis: number, shape: Shape): Value {
    const joined = parts.filter(({ shape }) => sizeOf(shape) > 0);
    const isOneRun = sizeOf(shape.slice(0, axis)) === 1;
    const inputs = joined.map((part) => (isOneRun ? this.own(part) : this.#freshCopy(part)));
    return this.#create({ kind: "concat", inputs, shape, dtype: parts[0]!.base.dtype, axis });
  }

  /** The value as a whole node that can be placed: computed, and not placed before. */
  own(value: Value): Value {
    const { base } = value;
    const isFree = isWhole(value) && !isLeaf(base) && !this.#owned.has(base);
    const { base: node } = isFree ? value : this.#freshCopy(value);
    this.#owned.add(node);
    return { base: node, offset: 0, shape: value.shape, strides: rowMajor(value.shape) };
  }

  #freshCopy(value: Value): Value {
    const { shape } = value;
    return this.#create({ kind: "map", inputs: [value], shape, dtype: value.base.dtype, formula: "$0" });
  }

  routine(routine: Routine, inputs: readonly Value[], shape: Shape, dtype: DType = inputs[0]!.base.dtype): Value {
    return this.node({ kind: "routine", inputs: inputs.map((x) => this.contiguous(x)), shape, dtype, routine });
  }
}

/** Reductions over fewer elements are chains of maps. */
const LONGEST_UNROLLED = 8;

const OPERATORS = { add: "+", sub: "-", mul: "*" } as const;

/** The formula of a sum, difference or product. Integers wrap around, which C's own operators leave undefined. */
export function arithmetic(operation: keyof typeof OPERATORS, dtype: DType): string {
  return isFloat(dtype) ? `$0 ${OPERATORS[operation]} $1` : `${operation}_$t($0, $1)`;
}

/** The formula that joins two partial results. */
export function joining(operation: ReduceOperation, dtype: DType): string {
  return operation === "sum" ? arithmetic("add", dtype) : `${operation}_$t($0, $1)`;
}

/** Everything that the roots depend on, in order of creation. */
export function liveNodes(roots: readonly Node[]): Node[] {
  const live = new Set<Node>(roots);
  for (const node of live) for (const { base } of node.inputs) live.add(base);
  return [...live].sort((a, b) => a.id - b.id);
}

export function isLeaf(node: Node): node is FeedNode | NumberNode | TensorNode {
  return node.kind === "feed" || node.kind === "number" || node.kind === "tensor";
}
