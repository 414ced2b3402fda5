/** Traces a step function: binds dimensions, lays out state as views of its buffers, names everything. */
import type { DType } from "./dtype.ts";
import { TraceError } from "./errors.ts";
import { Expr, type Graph, type Type, withGraph } from "./ir/expr.ts";
import { inputExpr } from "./ir/leaves.ts";
import { neededExprs, simplify } from "./ir/passes.ts";
import type { Distribution, NamedExpr, RandomInput, StateExpr, TracedProgram } from "./ir/traced_program.ts";
import { concat, reshape, slice } from "./ops/shape_ops.ts";
import type { Random } from "./random.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "./shape.ts";
import type { State, StateBuffer } from "./state.ts";
import { Tensor } from "./tensor.ts";
import { flattenTree, type MapTree, mapTree, type Tree } from "./tree.ts";

/** The type of an input. A dimension may be a name ("batch"), which gets its size from the tensors of each run. */
export class TensorSpec {
  readonly shape: readonly (number | string)[];
  readonly dtype: DType;

  constructor(shape: readonly (number | string)[], dtype: DType = "float32") {
    this.shape = shape;
    this.dtype = dtype;
  }
}

export function spec(shape: readonly (number | string)[], dtype: DType = "float32"): TensorSpec {
  return new TensorSpec(shape, dtype);
}

/** Values of the named dimensions. */
export type Dimensions = Readonly<Record<string, number>>;

export interface Signature<Inputs, S> {
  readonly inputs: Inputs;
  /** Carried between runs; several programs may share one state. */
  readonly state?: State<S>;
  /** Source of the random numbers that the step draws. */
  readonly random?: RandomSource;
}

/** The part of `Random` that programs use. */
export type RandomSource = Pick<Random, "fillUniform" | "fillNormal" | "choice">;

/**
 * Random numbers inside a step. Each call adds an input to the model, drawn from the signature's `random` before every run
 * in call order: the model itself stays a pure function.
 */
export interface RandomInputs {
  /** Uniform in [0, 1). */
  uniform(shape: Shape): Expr;
  /** Standard normal. */
  normal(shape: Shape): Expr;
  /** `size` different integers from [0, n), as int64. */
  choice(n: number, size: number): Expr;
}

export interface StepArguments<Inputs, S> {
  readonly inputs: MapTree<Inputs, TensorSpec, Expr>;
  readonly state: MapTree<S, Tensor, Expr>;
  readonly random: RandomInputs;
}

export interface StepResult<Outputs> {
  readonly outputs: Outputs;
  /** The new state; absent entries keep their values. */
  readonly state?: Tree<Expr>;
}

/** A traced program and its relation to the traced step. */
export interface Trace {
  readonly program: TracedProgram;
  /** All random inputs in draw order, unused ones included: outputs must not affect the stream. */
  readonly draws: readonly RandomInput[];
  /** Its leaves are in the program's output order. */
  readonly outputTree: Tree<Expr>;
}

export function traceStep(
  step: (args: StepArguments<unknown, unknown>) => StepResult<unknown>,
  signature: Signature<unknown, unknown>,
  dimensions: Dimensions,
): Trace {
  return withGraph((graph) => {
    const inputs: NamedExpr[] = [];
    const inputTree = mapTree(signature.inputs, ({ shape, dtype }: TensorSpec, leaf) => {
      const name = inputName(leaf);
      const expr = inputExpr(graph, name, { shape: bindShape(leaf, shape, dimensions), dtype });
      inputs.push({ name, expr });
      return expr;
    });
    const carried = new CarriedState(graph, signature.state);
    const draws = new Draws(graph);
    const { outputs, state } = step({ inputs: inputTree as never, state: carried.tree as never, random: draws });
    if (state !== undefined) carried.update(state);
    const changed = carried.changed();

    const names = new Set(inputs.map(({ name }) => name));
    const leaves = flattenTree(outputs as Tree<Expr>);
    const results = leaves.map(([leaf, expr]) => {
      assertTraced(`output ${leaf}`, expr, graph);
      // Formats such as ONNX have one namespace: an output named like an input gets a suffix.
      const name = leaf === "" ? "output" : leaf;
      return { name: names.has(name) ? `${name}/out` : name, expr };
    });
    const simplified = simplify([...results, ...changed].map(({ expr }) => expr));
    const nodes = neededExprs(simplified);
    const needed = new Set(nodes);
    const isNeeded = ({ expr }: NamedExpr) => needed.has(expr);
    return {
      program: {
        nodes,
        inputs: inputs.filter(isNeeded),
        stateInputs: carried.inputs.filter(isNeeded),
        randomInputs: draws.inputs.filter(isNeeded),
        outputs: results.map((result, i) => ({ ...result, expr: simplified[i]! })),
        stateOutputs: changed.map((output, i) => ({ ...output, expr: simplified[results.length + i]! })),
      },
      draws: draws.inputs,
      outputTree: outputs as Tree<Expr>,
    };
  });
}

/** The program's name for an input of the signature. ONNX treats an empty name as absent. */
export function inputName(leaf: string): string {
  return leaf === "" ? "input" : leaf;
}

function assertTraced(what: string, value: unknown, graph: Graph): void {
  if (!(value instanceof Expr)) throw new TraceError(`${what} is not an expression`);
  if (value.graph !== graph) throw new TraceError(`${what} belongs to another trace`);
}

function bindShape(name: string, shape: TensorSpec["shape"], dimensions: Dimensions): Shape {
  return shape.map((dim) => {
    const size = typeof dim === "string" ? dimensions[dim] : dim;
    if (size === undefined) throw new RangeError(`input ${name}: give a size for dimension "${dim}"`);
    if (!Number.isSafeInteger(size) || size < 0)
      throw new RangeError(`input ${name}: ${size} is not a dimension's size`);
    return size;
  });
}

class Draws implements RandomInputs {
  readonly inputs: RandomInput[] = [];
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  uniform(shape: Shape): Expr {
    return this.#add({ shape, dtype: "float32" }, { kind: "uniform" });
  }

  normal(shape: Shape): Expr {
    return this.#add({ shape, dtype: "float32" }, { kind: "normal" });
  }

  choice(n: number, size: number): Expr {
    return this.#add({ shape: [size], dtype: "int64" }, { kind: "choice", n });
  }

  #add(type: Type, distribution: Distribution): Expr {
    const name = `random/${this.inputs.length}`;
    const expr = inputExpr(this.#graph, name, type);
    this.inputs.push({ name, expr, distribution });
    return expr;
  }
}

/** Draws the numbers of a random input. */
export function draw({ expr: { shape }, distribution }: RandomInput, source: RandomSource): Tensor {
  const size = sizeOf(shape);
  switch (distribution.kind) {
    case "uniform":
      return Tensor.of(shape, source.fillUniform(new Float32Array(size)));
    case "normal":
      return Tensor.of(shape, source.fillNormal(new Float32Array(size)));
    case "choice":
      return new Tensor("int64", shape, BigInt64Array.from(source.choice(distribution.n, size), BigInt));
  }
}

/** The carried state during a trace: buffers as inputs, leaves as views of them. */
class CarriedState {
  readonly inputs: readonly StateExpr[];
  readonly tree: unknown;
  readonly #buffers: readonly StateBuffer[];
  readonly #leaves = new Map<string, Expr>();
  readonly #replaced = new Set<string>();
  readonly #graph: Graph;

  constructor(graph: Graph, state: State<unknown> | undefined) {
    this.#graph = graph;
    this.#buffers = state?.buffers ?? [];
    this.inputs = this.#buffers.map((buffer) => {
      const name = `state/${buffer.name}`;
      const expr = inputExpr(graph, name, buffer.current);
      for (const { name: leaf, shape, offset } of buffer.leaves) {
        const view = buffer.leaves.length === 1 ? expr : reshape(slice(expr, 0, offset, offset + sizeOf(shape)), shape);
        this.#leaves.set(leaf, view);
      }
      return { name, expr, buffer: buffer.name };
    });
    this.tree = state === undefined ? {} : mapTree(state.like, (_: Tensor, name) => this.#leaves.get(name)!);
  }

  /** @throws TraceError for an unknown name, or another shape or element type. */
  update(tree: Tree<Expr>): void {
    for (const [name, expr] of flattenTree(tree)) {
      const old = this.#leaves.get(name);
      if (old === undefined) {
        throw new TraceError(`state.${name} does not exist; the state has ${[...this.#leaves.keys()].join(", ")}`);
      }
      assertTraced(`state.${name}`, expr, this.#graph);
      if (!sameShape(expr.shape, old.shape) || expr.dtype !== old.dtype) {
        const types = [old, expr].map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`);
        throw new TraceError(`state.${name} is ${types[0]}, its new value ${types[1]}`);
      }
      if (expr !== old) this.#replaced.add(name);
      this.#leaves.set(name, expr);
    }
  }

  /** The buffers with a new value. A packed buffer is the concatenation of its leaves. */
  changed(): StateExpr[] {
    return this.#buffers.flatMap(({ name: buffer, leaves: parts }) => {
      if (!parts.some(({ name }) => this.#replaced.has(name))) return [];
      const leaves = parts.map(({ name }) => this.#leaves.get(name)!);
      const expr = leaves.length === 1 ? leaves[0]! : concat(leaves.map((leaf) => reshape(leaf, [sizeOf(leaf.shape)])));
      return [{ name: `next_state/${buffer}`, expr, buffer }];
    });
  }
}
