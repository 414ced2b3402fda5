/**
 * Symbolic tensors. An `Expr` is a node of a traced graph: an operation, its inputs, and a static shape. Equal nodes are
 * created once (hash-consing), so common subexpressions are shared.
 */
import type { DType } from "../dtype.ts";
import { TraceError } from "../errors.ts";
import type { Shape } from "../shape.ts";
import type { FluentMethods } from "./fluent_methods.ts";

/**
 * An operation independent of its backend: a name and the rules by which graphs are rewritten. Each backend's lowering table
 * has its computation, by name.
 */
export interface Primitive<Attributes = unknown> {
  /** Unique among primitives. */
  readonly name: string;
  /**
   * The gradient with respect to input `index`, given the gradient `g` of the output. Absent if undefined; `needed(i)` says
   * whether the gradient of input i is required.
   */
  vjp?(g: Expr, node: Node<Attributes>, index: number, needed: (index: number) => boolean): Expr | undefined;
  /** The range start…end of one axis of the result, computed directly, if that saves work. */
  narrow?(node: Node<Attributes>, axis: number, start: number, end: number): Expr | undefined;
  /**
   * A cheaper expression of the same value, given simplified inputs. Applied when a trace is complete, never while expressions
   * are built: a shortcut past an expression would hide it from a gradient taken later.
   */
  simplify?(node: Node<Attributes>, inputs: readonly Expr[]): Expr | undefined;
}

/** The methods are installed by `../fluent.ts`. */
export interface Expr extends FluentMethods<Expr> {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods exist on the prototype.
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

/** A function that checks its arguments and applies its primitive. */
export type Operation<Arguments extends readonly unknown[], Attributes = Record<string, never>> = {
  (...args: Arguments): Expr;
  readonly primitive: Primitive<Attributes>;
};

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
export function exactNumber(_key: string, value: unknown): unknown {
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

const defined = new Map<string, Primitive>();

/** All primitives by name: a backend needs a lowering for each. */
export function definedPrimitives(): ReadonlyMap<string, Primitive> {
  return defined;
}

/** Registers a primitive. @throws Error for a taken name: graphs and lowering tables use names. */
export function primitive<Attributes>(rules: Primitive<Attributes>): Primitive<Attributes> {
  if (defined.has(rules.name)) throw new Error(`two primitives are called "${rules.name}"`);
  defined.set(rules.name, rules as Primitive);
  return rules;
}

/** Defines an operation and returns the function that applies it to checked inputs. */
export function definePrimitive<Attributes = Record<string, never>>(rules: Primitive<Attributes>) {
  const erased = primitive(rules) as Primitive;
  const apply = (inputs: readonly Expr[], attributes: Attributes, shape: Shape, dtype?: DType): Expr => {
    const first = inputs[0];
    return activeGraph(rules.name).node(erased, inputs, attributes, {
      shape,
      dtype: dtype ?? first?.dtype ?? "float32",
    });
  };
  const is = (expr: Expr): expr is Node<Attributes> => expr.primitive === erased;
  return Object.assign(apply, { is, primitive: rules });
}
