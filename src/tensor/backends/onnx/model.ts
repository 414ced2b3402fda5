/**
 * Writes ONNX's protobuf. Field numbers are those of onnx.proto3 (ONNX 1.16, IR version 10); only what the engine emits
 * is covered.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { DType } from "../../dtype.ts";
import type { Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";

export type AttributeValue = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly (readonly [name: string, tensor: Tensor])[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Contrib operators that ship with every build of ONNX Runtime. */
export const MICROSOFT_DOMAIN = "com.microsoft";
const OPSET_VERSION = 20;
const IR_VERSION = 9;

/** onnx.TensorProto.DataType. */
export const ONNX_DTYPE: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
};

export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(IR_VERSION);
  writer.tag(2, WireType.LengthDelimited).string("handrail");
  message(writer, 7, (graph) => {
    for (const node of model.nodes) message(graph, 1, (inner) => writeNode(inner, node));
    graph.tag(2, WireType.LengthDelimited).string("step");
    for (const [name, tensor] of model.initializers) message(graph, 5, (inner) => writeTensor(inner, name, tensor));
    for (const value of model.inputs) message(graph, 11, (inner) => writeValue(inner, value));
    for (const value of model.outputs) message(graph, 12, (inner) => writeValue(inner, value));
  });
  const domains = new Map([["", OPSET_VERSION]]);
  if (model.nodes.some((node) => node.domain === MICROSOFT_DOMAIN)) domains.set(MICROSOFT_DOMAIN, 1);
  for (const [domain, version] of domains) {
    message(writer, 8, (opset) => {
      opset.tag(1, WireType.LengthDelimited).string(domain);
      opset.tag(2, WireType.Varint).int64(version);
    });
  }
  return writer.finish() as Uint8Array<ArrayBuffer>;
}

function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) writer.tag(1, WireType.LengthDelimited).string(input);
  for (const output of node.outputs) writer.tag(2, WireType.LengthDelimited).string(output);
  writer.tag(3, WireType.LengthDelimited).string(`${node.type}/${node.outputs[0]}`);
  writer.tag(4, WireType.LengthDelimited).string(node.type);
  for (const [name, value] of Object.entries(node.attributes)) {
    message(writer, 5, (inner) => writeAttribute(inner, name, value));
  }
  if (node.domain !== "") writer.tag(7, WireType.LengthDelimited).string(node.domain);
}

function writeAttribute(writer: BinaryWriter, name: string, value: AttributeValue): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  const type = (kind: number) => writer.tag(20, WireType.Varint).int32(kind);
  if (typeof value === "number") {
    writer.tag(3, WireType.Varint).int64(value);
    type(2);
  } else if (typeof value === "string") {
    writer.tag(4, WireType.LengthDelimited).string(value);
    type(3);
  } else if ("float" in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    type(1);
  } else {
    for (const item of value) writer.tag(8, WireType.Varint).int64(item);
    type(7);
  }
}

function writeTensor(writer: BinaryWriter, name: string, tensor: Tensor): void {
  for (const dim of tensor.shape) writer.tag(1, WireType.Varint).int64(dim);
  writer.tag(2, WireType.Varint).int32(ONNX_DTYPE[tensor.dtype]);
  writer.tag(8, WireType.LengthDelimited).string(name);
  const { buffer, byteOffset, byteLength } = tensor.data;
  writer.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(buffer, byteOffset, byteLength));
}

function writeValue(writer: BinaryWriter, value: OnnxValue): void {
  writer.tag(1, WireType.LengthDelimited).string(value.name);
  message(writer, 2, (type) =>
    message(type, 1, (tensorType) => {
      tensorType.tag(1, WireType.Varint).int32(ONNX_DTYPE[value.dtype]);
      message(tensorType, 2, (shape) => {
        for (const dim of value.shape) message(shape, 1, (inner) => inner.tag(1, WireType.Varint).int64(dim));
      });
    }),
  );
}
