/**
 * Symbolic tensors. An `Expr` is a node of a graph that is being traced: an operation, its inputs, and a static shape.
 * Equal nodes are created once (hash-consing), which is what makes common subexpressions common.
 */

import type { Emitter } from "../backends/onnx/emitter.ts";
import { type DType, isFloat } from "../dtype.ts";
import { TraceError } from "../errors.ts";
import type { FluentMethods } from "../fluent.ts";
import type { Shape } from "../shape.ts";
import { Tensor } from "../tensor.ts";

/** What an operation is: how it differentiates and how it is written in ONNX. */
export interface Primitive<Attributes = unknown> {
  readonly name: string;
  /**
   * The gradient with respect to input `index`, given the gradient `g` of the output.
   * Absent where none is defined; `needed(i)` says whether the gradient of input i is wanted at all.
   */
  vjp?(g: Expr, node: Node<Attributes>, index: number, needed: (index: number) => boolean): Expr | undefined;
  /** The range start…end of one axis of the result, computed directly, where that saves work. */
  narrow?(node: Node<Attributes>, axis: number, start: number, end: number): Expr | undefined;
  /**
   * A cheaper expression of the same value, given simplified inputs. Applied when a model is emitted, never while
   * expressions are built: a shortcut past an expression would hide it from a gradient taken later.
   */
  simplify?(node: Node<Attributes>, inputs: readonly Expr[]): Expr | undefined;
  /** Appends ONNX nodes that compute this one and returns the name of the result. */
  emit(node: Node<Attributes>, inputs: readonly string[], emitter: Emitter): string;
}

/** The methods are installed by `fluent.ts`. */
export interface Expr extends FluentMethods {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are there, on the prototype.
export class Expr {
  readonly graph: Graph;
  /** Creation order: inputs always have smaller ids, so sorting by id is a topological order. */
  readonly id: number;
  readonly primitive: Primitive;
  readonly inputs: readonly Expr[];
  readonly attributes: unknown;
  readonly shape: Shape;
  readonly dtype: DType;

  /** Use the functions of `ops`, or `constant`, to create expressions. */
  constructor(
    graph: Graph,
    id: number,
    primitive: Primitive,
    inputs: readonly Expr[],
    attributes: unknown,
    type: Type,
  ) {
    this.graph = graph;
    this.id = id;
    this.primitive = primitive;
    this.inputs = inputs;
    this.attributes = attributes;
    this.shape = type.shape;
    this.dtype = type.dtype;
  }

  get rank(): number {
    return this.shape.length;
  }
}

export interface Type {
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface Node<Attributes> extends Expr {
  readonly attributes: Attributes;
}

/** A number stands for a constant of the other operand's element type. */
export type ExprLike = Expr | number;

/** The nodes of one trace. */
export class Graph {
  readonly #nodes = new Map<string, Expr>();
  #nextId = 0;

  node(primitive: Primitive, inputs: readonly Expr[], attributes: unknown, type: Type): Expr {
    for (const input of inputs) {
      if (input.graph !== this) {
        throw new TraceError(
          `${primitive.name}: an input belongs to another trace; pass it in as an input of this one`,
        );
      }
    }
    const key = `${primitive.name}|${inputs.map((input) => input.id).join()}|${JSON.stringify(attributes, exactNumber)}|${type.dtype}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const created = new Expr(this, this.#nextId++, primitive, inputs, attributes, type);
    this.#nodes.set(key, created);
    return created;
  }

  /** A node that is never merged with another, such as an input. */
  leaf(primitive: Primitive, attributes: unknown, type: Type): Expr {
    return new Expr(this, this.#nextId++, primitive, [], attributes, type);
  }
}

/** JSON has no infinities, no NaN and one zero. */
function exactNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
    ? `${1 / value} ${value}`
    : value;
}

let active: Graph | undefined;

/** Runs `trace` with a fresh graph to which every expression created in it belongs. */
export function withGraph<Result>(trace: (graph: Graph) => Result): Result {
  if (active !== undefined) throw new TraceError("a trace is already running; compile one program at a time");
  active = new Graph();
  try {
    return trace(active);
  } finally {
    active = undefined;
  }
}

export function activeGraph(what: string): Graph {
  if (active === undefined) {
    throw new TraceError(`${what}: expressions exist only while compile() traces a function; use a Tensor outside`);
  }
  return active;
}

/** Defines an operation and returns the function that applies it to checked inputs. */
export function definePrimitive<Attributes = Record<string, never>>(primitive: Primitive<Attributes>) {
  const erased = primitive as Primitive;
  const apply = (inputs: readonly Expr[], attributes: Attributes, shape: Shape, dtype?: DType): Expr => {
    const first = inputs[0];
    return activeGraph(primitive.name).node(erased, inputs, attributes, {
      shape,
      dtype: dtype ?? first?.dtype ?? "float32",
    });
  };
  const is = (expr: Expr): expr is Node<Attributes> => expr.primitive === erased;
  return Object.assign(apply, { is });
}

const inputPrimitive: Primitive<{ name: string }> = {
  name: "input",
  emit: ({ attributes }) => attributes.name,
};

export function inputExpr(graph: Graph, name: string, type: Type): Expr {
  return graph.leaf(inputPrimitive as Primitive, { name }, type);
}

const scalarConstant = definePrimitive<{ value: number }>({
  name: "constant",
  emit: ({ attributes, dtype }, _, emitter) => emitter.scalar(attributes.value, dtype),
});

const tensorConstant: Primitive<{ tensor: Tensor }> = {
  name: "constant",
  emit: ({ attributes }, _, emitter) => emitter.tensor(attributes.tensor),
};

/** A value known while tracing. Large tensors become part of the model's bytes. */
export function constant(value: number | Tensor, dtype: DType = "float32"): Expr {
  if (value instanceof Tensor) {
    const type = { shape: value.shape, dtype: value.dtype };
    return activeGraph("constant").leaf(tensorConstant as Primitive, { tensor: value }, type);
  }
  if (!isFloat(dtype) && !Number.isInteger(value)) throw new TraceError(`constant: ${value} is not of type ${dtype}`);
  return scalarConstant([], { value }, [], dtype);
}

/** The number, if the expression is a scalar constant. */
export function scalarValue(expr: Expr): number | undefined {
  return scalarConstant.is(expr) ? expr.attributes.value : undefined;
}

/** Lifts numbers to constants of the first expression's element type. */
export function toExprs(name: string, values: readonly ExprLike[]): Expr[] {
  const dtype = values.find((value) => value instanceof Expr)?.dtype ?? "float32";
  const exprs = values.map((value) => (value instanceof Expr ? value : constant(value, dtype)));
  for (const expr of exprs) {
    if (expr.dtype !== dtype) {
      throw new TraceError(
        `${name}: element types differ (${exprs.map((e) => e.dtype).join(" and ")}); cast() one of them`,
      );
    }
  }
  return exprs;
}

const stopGradientPrimitive = definePrimitive({
  name: "stopGradient",
  emit: (_, [x]) => x!,
});

/** The same value, through which no gradient flows. */
export function stopGradient(x: Expr): Expr {
  return stopGradientPrimitive([x], {}, x.shape);
}
