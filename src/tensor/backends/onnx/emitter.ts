/** Turns a traced graph into an ONNX model: the nodes that the outputs need, each once, in topological order. */
import { arrayType, type DType, type TypedArrays } from "../../dtype.ts";
import { float32ToBfloat16, float32ToFloat16 } from "../../half.ts";
import type { Expr } from "../../ir/expr.ts";
import { sizeOf } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import {
  type AttributeValue,
  encodeModel,
  MICROSOFT_DOMAIN,
  ONNX_DTYPE,
  type OnnxNode,
  type OnnxValue,
} from "./model.ts";

interface OpOptions {
  readonly contrib?: boolean;
  readonly outputs?: number;
}

export class Emitter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: [string, Tensor][] = [];
  readonly #names = new Map<Expr, string>();
  readonly #once = new Map<string, readonly string[]>();
  readonly #consumers: ReadonlyMap<Expr, readonly Expr[]>;
  #nextName = 0;

  constructor(consumers: ReadonlyMap<Expr, readonly Expr[]>) {
    this.#consumers = consumers;
  }

  /** Appends one ONNX node with a single output. */
  op(
    type: string,
    inputs: readonly string[],
    attributes: Record<string, AttributeValue> = {},
    contrib = false,
  ): string {
    return this.ops(type, inputs, attributes, { contrib })[0]!;
  }

  /** Appends one ONNX node with several outputs. */
  ops(
    type: string,
    inputs: readonly string[],
    attributes: Record<string, AttributeValue>,
    options: OpOptions,
  ): string[] {
    const outputs = Array.from({ length: options.outputs ?? 1 }, () => this.#freshName());
    const domain = options.contrib === true ? MICROSOFT_DOMAIN : "";
    this.#nodes.push({ type, domain, inputs, outputs, attributes });
    return outputs;
  }

  /** Emits what several expressions share (an operator with several outputs) the first time it is asked for. */
  once(key: string, emit: () => readonly string[]): readonly string[] {
    const known = this.#once.get(key) ?? emit();
    this.#once.set(key, known);
    return known;
  }

  scalar(value: number, dtype: DType): string {
    return this.#initializer(`${dtype}:${Object.is(value, -0) ? "-0" : value}`, () => {
      return new Tensor(dtype, [], scalarData(value, dtype));
    });
  }

  /** A rank-1 int64 initializer, as many operators take their axes and sizes. */
  int64(values: readonly number[]): string {
    return this.#initializer(`int64:[${values}]`, () => {
      return new Tensor("int64", [values.length], BigInt64Array.from(values, BigInt));
    });
  }

  /** A float32 constant filled with ones. */
  ones(shape: readonly number[]): string {
    return this.#initializer(`ones:[${shape}]`, () => Tensor.of(shape, new Float32Array(sizeOf(shape)).fill(1)));
  }

  tensor(tensor: Tensor): string {
    const name = this.#freshName();
    this.#initializers.push([name, tensor]);
    return name;
  }

  cast(input: string, dtype: DType): string {
    return this.op("Cast", [input], { to: ONNX_DTYPE[dtype] });
  }

  /** The expressions of this model that read `expr`. */
  consumersOf(expr: Expr): readonly Expr[] {
    return this.#consumers.get(expr) ?? [];
  }

  emit(expr: Expr): void {
    const inputs = sourcesOf(expr).map((input) => this.#names.get(input)!);
    const empty = isComputedEmpty(expr);
    this.#names.set(
      expr,
      empty ? this.tensor(Tensor.zeros(expr.shape, expr.dtype)) : expr.primitive.emit(expr, inputs, this),
    );
  }

  finish(
    inputs: readonly OnnxValue[],
    outputs: readonly (readonly [name: string, expr: Expr])[],
  ): Uint8Array<ArrayBuffer> {
    const renamed = this.#nameOutputs(outputs);
    const rename = (name: string) => renamed.get(name) ?? name;
    return encodeModel({
      nodes: this.#nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename),
      })),
      initializers: this.#initializers,
      inputs,
      outputs: outputs.map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    });
  }

  /** Values take the name of the output they are. Inputs, constants and second names of a value need a copy. */
  #nameOutputs(outputs: readonly (readonly [name: string, expr: Expr])[]): ReadonlyMap<string, string> {
    const computed = new Set(this.#nodes.flatMap((node) => node.outputs));
    const renamed = new Map<string, string>();
    for (const [name, expr] of outputs) {
      const value = this.#names.get(expr)!;
      if (computed.has(value) && !renamed.has(value)) {
        renamed.set(value, name);
      } else {
        this.#nodes.push({ type: "Identity", domain: "", inputs: [value], outputs: [name], attributes: {} });
      }
    }
    return renamed;
  }

  #initializer(key: string, create: () => Tensor): string {
    return this.once(key, () => [this.tensor(create())])[0]!;
  }

  /** No input is called so: a tree's keys would have to start with "%". */
  #freshName(): string {
    return `%${this.#nextName++}`;
  }
}

function scalarData(value: number, dtype: DType): TypedArrays[DType] {
  if (dtype === "float16") return float32ToFloat16(Float32Array.of(value));
  if (dtype === "bfloat16") return float32ToBfloat16(Float32Array.of(value));
  const data = new (arrayType(dtype))(1);
  data[0] = typeof data[0] === "bigint" ? BigInt(value) : value;
  return data;
}

export interface NamedExpr {
  readonly name: string;
  readonly expr: Expr;
}

/** Emits the model that computes `outputs`. What no output needs, inputs included, is not part of it. */
export function emitModel(
  inputs: readonly NamedExpr[],
  outputs: readonly NamedExpr[],
): { model: Uint8Array<ArrayBuffer>; inputNames: readonly string[] } {
  const simplified = simplify(outputs.map(({ expr }) => expr));
  const live = liveExprs(simplified, sourcesOf);
  const consumers = new Map<Expr, Expr[]>(live.map((expr) => [expr, []]));
  for (const expr of live) for (const input of new Set(sourcesOf(expr))) consumers.get(input)!.push(expr);
  const emitter = new Emitter(consumers);
  for (const expr of live) emitter.emit(expr);
  const used = inputs.filter(({ expr }) => consumers.has(expr));
  const model = emitter.finish(
    used.map(({ name, expr }) => ({ name, dtype: expr.dtype, shape: expr.shape })),
    outputs.map(({ name }, index) => [name, simplified[index]!]),
  );
  return { model, inputNames: used.map(({ name }) => name) };
}

/** A result without elements needs no computing; some kernels divide by its size and take the process down. */
function isComputedEmpty(expr: Expr): boolean {
  return expr.inputs.length > 0 && sizeOf(expr.shape) === 0;
}

function sourcesOf(expr: Expr): readonly Expr[] {
  return isComputedEmpty(expr) ? [] : expr.inputs;
}

/** The same values with every operation's simplification applied, inputs first. */
function simplify(roots: readonly Expr[]): Expr[] {
  const simplified = new Map<Expr, Expr>();
  for (const expr of liveExprs(roots)) {
    const inputs = expr.inputs.map((input) => simplified.get(input)!);
    const { graph, primitive, attributes } = expr;
    const isSame = inputs.every((input, i) => input === expr.inputs[i]);
    const rebuilt = isSame ? expr : graph.node(primitive, inputs, attributes, expr);
    simplified.set(expr, primitive.simplify?.(rebuilt, inputs) ?? rebuilt);
  }
  return roots.map((root) => simplified.get(root)!);
}

/** Everything the roots depend on, in topological order. */
export function liveExprs(roots: readonly Expr[], inputsOf = (expr: Expr) => expr.inputs): Expr[] {
  const live = new Set<Expr>();
  const pending = [...roots];
  for (let expr = pending.pop(); expr !== undefined; expr = pending.pop()) {
    if (live.has(expr)) continue;
    live.add(expr);
    pending.push(...inputsOf(expr));
  }
  return [...live].sort((a, b) => a.id - b.id);
}
