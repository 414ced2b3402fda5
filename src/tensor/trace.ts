/** Traces a step function into a model: binds dimensions, lays out state as views of its buffers, names everything. */

import { emitModel, type NamedExpr } from "./backends/onnx/emitter.ts";
import type { DType } from "./dtype.ts";
import { TraceError } from "./errors.ts";
import { Expr, type Graph, inputExpr, type Type, withGraph } from "./ir/expr.ts";
import { concat, reshape, slice } from "./ops/shape_ops.ts";
import type { Random } from "./random.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "./shape.ts";
import type { State, StateBuffer } from "./state.ts";
import { Tensor } from "./tensor.ts";
import { flattenTree, type MapTree, mapTree, type Tree } from "./tree.ts";

/** The type of an input. A dimension may be a name ("batch"), bound anew by the tensors of each run. */
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
  /** Carried from run to run; several programs may share one state. */
  readonly state?: State<S>;
  /** Where the numbers come from that the step asks for. */
  readonly random?: RandomSource;
}

/** The part of `Random` that programs use. */
export type RandomSource = Pick<Random, "fillUniform" | "fillNormal" | "choice">;

/**
 * Random numbers inside a step. Each call adds an input to the model, drawn anew from the signature's `random` before
 * every run in the order of the calls: the model itself stays a pure function.
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
  /** The new state; entries left out keep their values. */
  readonly state?: Tree<Expr>;
}

interface RandomDraw {
  readonly onnxName: string;
  draw(source: RandomSource): Tensor;
}

interface BoundBuffer {
  readonly onnxName: string;
  readonly buffer: StateBuffer;
}

/** A model with the names and types needed to run it. */
export interface Trace {
  readonly model: Uint8Array<ArrayBuffer>;
  /** The inputs that the model uses; others need not be fed. */
  readonly inputNames: ReadonlySet<string>;
  readonly outputTree: Tree<Expr>;
  readonly outputs: readonly { name: string; onnxName: string; dtype: DType; shape: Shape }[];
  readonly draws: readonly RandomDraw[];
  readonly stateInputs: readonly BoundBuffer[];
  /** The buffers that a run replaces. */
  readonly stateOutputs: readonly BoundBuffer[];
}

export function traceStep(
  step: (args: StepArguments<unknown, unknown>) => StepResult<unknown>,
  signature: Signature<unknown, unknown>,
  dimensions: Dimensions,
): Trace {
  return withGraph((graph) => {
    const inputs: NamedExpr[] = [];
    const inputTree = mapTree(signature.inputs, ({ shape, dtype }: TensorSpec, name) => {
      const onnxName = onnxInputName(name);
      const expr = inputExpr(graph, onnxName, { shape: bindShape(name, shape, dimensions), dtype });
      inputs.push({ name: onnxName, expr });
      return expr;
    });
    const carried = new CarriedState(graph, signature.state);
    const draws = new Draws(graph);
    const { outputs, state } = step({ inputs: inputTree as never, state: carried.tree as never, random: draws });
    if (state !== undefined) carried.update(state);
    const changed = carried.changed();

    const names = new Set(inputs.map(({ name }) => name));
    const results = flattenTree(outputs as Tree<Expr>).map(([name, expr]) => {
      assertTraced(`output ${name}`, expr, graph);
      // ONNX has one namespace: an output named like an input gets a suffix.
      const onnxName = name === "" ? "output" : name;
      return { name, expr, onnxName: names.has(onnxName) ? `${onnxName}/out` : onnxName };
    });
    const { model, inputNames } = emitModel(
      [...inputs, ...[...carried.inputs, ...draws.inputs].map(({ onnxName, expr }) => ({ name: onnxName, expr }))],
      [...results, ...changed].map(({ onnxName, expr }) => ({ name: onnxName, expr })),
    );
    const used = new Set(inputNames);
    return {
      model,
      inputNames: used,
      outputTree: outputs as Tree<Expr>,
      outputs: results.map(({ name, onnxName, expr: { dtype, shape } }) => ({ name, onnxName, dtype, shape })),
      // Draws that no output needs are made all the same: the stream must not depend on what the emitter leaves out.
      draws: draws.inputs,
      stateInputs: carried.inputs.filter(({ onnxName }) => used.has(onnxName)),
      stateOutputs: changed,
    };
  });
}

/** ONNX reads an empty name as "absent". */
export function onnxInputName(name: string): string {
  return name === "" ? "input" : name;
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
  readonly inputs: (RandomDraw & { readonly expr: Expr })[] = [];
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  uniform(shape: Shape): Expr {
    const values = (source: RandomSource) => source.fillUniform(new Float32Array(sizeOf(shape)));
    return this.#add({ shape, dtype: "float32" }, (source) => Tensor.of(shape, values(source)));
  }

  normal(shape: Shape): Expr {
    const values = (source: RandomSource) => source.fillNormal(new Float32Array(sizeOf(shape)));
    return this.#add({ shape, dtype: "float32" }, (source) => Tensor.of(shape, values(source)));
  }

  choice(n: number, size: number): Expr {
    const values = (source: RandomSource) => BigInt64Array.from(source.choice(n, size), BigInt);
    return this.#add({ shape: [size], dtype: "int64" }, (source) => new Tensor("int64", [size], values(source)));
  }

  #add(type: Type, draw: RandomDraw["draw"]): Expr {
    const onnxName = `random/${this.inputs.length}`;
    const expr = inputExpr(this.#graph, onnxName, type);
    this.inputs.push({ onnxName, draw, expr });
    return expr;
  }
}

/** The carried state during a trace: buffers as inputs, leaves as views of them. */
class CarriedState {
  readonly inputs: readonly { onnxName: string; buffer: StateBuffer; expr: Expr }[];
  readonly tree: unknown;
  readonly #leaves = new Map<string, Expr>();
  readonly #replaced = new Set<string>();
  readonly #graph: Graph;

  constructor(graph: Graph, state: State<unknown> | undefined) {
    this.#graph = graph;
    this.inputs = (state?.buffers ?? []).map((buffer) => {
      const onnxName = `state/${buffer.name}`;
      const expr = inputExpr(graph, onnxName, buffer.current);
      for (const { name, shape, offset } of buffer.leaves) {
        const view = buffer.leaves.length === 1 ? expr : reshape(slice(expr, 0, offset, offset + sizeOf(shape)), shape);
        this.#leaves.set(name, view);
      }
      return { onnxName, buffer, expr };
    });
    this.tree = state === undefined ? {} : mapTree(state.like, (_: Tensor, name) => this.#leaves.get(name)!);
  }

  /** @throws TraceError for a name, shape or element type the state does not have. */
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
  changed(): { onnxName: string; buffer: StateBuffer; expr: Expr }[] {
    return this.inputs.flatMap(({ buffer }) => {
      if (!buffer.leaves.some(({ name }) => this.#replaced.has(name))) return [];
      const leaves = buffer.leaves.map(({ name }) => this.#leaves.get(name)!);
      const expr = leaves.length === 1 ? leaves[0]! : concat(leaves.map((leaf) => reshape(leaf, [sizeOf(leaf.shape)])));
      return [{ onnxName: `next_state/${buffer.name}`, buffer, expr }];
    });
  }
}
