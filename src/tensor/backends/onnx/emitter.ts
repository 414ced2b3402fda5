/** Collects the nodes and initializers of an ONNX model while the operations of a program are lowered. */
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

/** An output and the name of its value. */
export interface OnnxOutput extends OnnxValue {
  readonly value: string;
}

export class Emitter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: [string, Tensor][] = [];
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

  /** Emits a node that several expressions share (an operator with several outputs) at its first use. */
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

  /** The model whose outputs are the given values. */
  finish(inputs: readonly OnnxValue[], outputs: readonly OnnxOutput[]): Uint8Array<ArrayBuffer> {
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
      outputs,
    });
  }

  /** Values take the name of their output. Inputs, constants and second names of a value need a copy. */
  #nameOutputs(outputs: readonly OnnxOutput[]): ReadonlyMap<string, string> {
    const computed = new Set(this.#nodes.flatMap((node) => node.outputs));
    const renamed = new Map<string, string>();
    for (const { name, value } of outputs) {
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

  /** No input has this name: a tree's keys would have to start with "%". */
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
