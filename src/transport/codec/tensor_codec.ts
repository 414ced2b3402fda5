/** Encodes tensors as bytes. Sender and receiver run the same checks. */
import { arrayType, bytesPerElement, type DType, type TypedArrays } from "../../tensor/dtype.ts";
import { formatShape, sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { TransportError } from "../errors.ts";
import { ElementType, NamedTensor } from "../generated/transport/services.ts";
import { fieldHeader, type Pieces } from "./pieces.ts";

export const MAX_RANK = 8;

const ELEMENT_TYPES: Readonly<Record<DType, ElementType>> = {
  float64: ElementType.ELEMENT_FLOAT64,
  float32: ElementType.ELEMENT_FLOAT32,
  float16: ElementType.ELEMENT_FLOAT16,
  bfloat16: ElementType.ELEMENT_BFLOAT16,
  int64: ElementType.ELEMENT_INT64,
  int32: ElementType.ELEMENT_INT32,
  int16: ElementType.ELEMENT_INT16,
  int8: ElementType.ELEMENT_INT8,
  uint64: ElementType.ELEMENT_UINT64,
  uint32: ElementType.ELEMENT_UINT32,
  uint16: ElementType.ELEMENT_UINT16,
  uint8: ElementType.ELEMENT_UINT8,
  bool: ElementType.ELEMENT_BOOL,
};
const DTYPES = new Map(Object.entries(ELEMENT_TYPES).map(([dtype, element]) => [element, dtype as DType]));

const DATA_FIELD = 4;

/**
 * A `NamedTensor` that shares the tensor's memory.
 *
 * @throws TransportError `malformed` for invalid values.
 */
export function encodeTensor(name: string, tensor: Tensor): Pieces {
  if (tensor.shape.length > MAX_RANK) {
    throw new TransportError("malformed", `tensor "${name}" has rank ${tensor.shape.length}, at most ${MAX_RANK}`);
  }
  checkValues(name, tensor);
  const { buffer, byteOffset, byteLength } = tensor.data;
  const head = { name, elementType: ELEMENT_TYPES[tensor.dtype], shape: tensor.shape, data: new Uint8Array(0) };
  const data = new Uint8Array(buffer, byteOffset, byteLength);
  return [NamedTensor.encode(head).finish(), fieldHeader(DATA_FIELD, data.length), data];
}

/** The tensor owns its memory. @throws TransportError `malformed` if type, shape, bytes or values do not fit. */
export function tensorFromMessage(message: NamedTensor): Tensor {
  const { name, shape, data } = message;
  const dtype = DTYPES.get(message.elementType);
  if (dtype === undefined) {
    throw new TransportError("malformed", `tensor "${name}" has unknown element type ${message.elementType}`);
  }
  if (shape.length > MAX_RANK) {
    throw new TransportError("malformed", `tensor "${name}" has rank ${shape.length}, at most ${MAX_RANK}`);
  }
  const expected = sizeOf(shape) * bytesPerElement(dtype);
  if (data.length !== expected) {
    throw new TransportError(
      "malformed",
      `tensor "${name}" is ${dtype}${formatShape(shape)}, so ${expected} bytes, but has ${data.length}`,
    );
  }
  // A new buffer: the frame is not aligned, and a view would keep it alive.
  const bytes = new Uint8Array(data.length);
  bytes.set(data);
  const array = new (arrayType(dtype))(bytes.buffer) as TypedArrays[DType];
  const tensor = new Tensor(dtype, shape, array);
  checkValues(name, tensor);
  return tensor;
}

function checkValues(name: string, tensor: Tensor): void {
  const bad = indexOfRefusedValue(tensor);
  if (bad < 0) return;
  const value = tensor.dtype === "bool" ? `${tensor.data[bad]} in a bool tensor` : "a value that is not finite";
  throw new TransportError("malformed", `tensor "${name}" has ${value} at element ${bad}`);
}

function indexOfRefusedValue(tensor: Tensor): number {
  switch (tensor.dtype) {
    case "float32":
    case "float64":
      return firstNotFinite(tensor.data as Float32Array | Float64Array);
    case "float16":
      return firstWithAllBits(tensor.data as Uint16Array, 0x7c00);
    case "bfloat16":
      return firstWithAllBits(tensor.data as Uint16Array, 0x7f80);
    case "bool":
      return (tensor.data as Uint8Array).findIndex((value) => value > 1);
    default:
      return -1;
  }
}

function firstNotFinite(values: Float32Array | Float64Array): number {
  for (let i = 0; i < values.length; i++) {
    // x − x is 0 for finite x and NaN otherwise.
    if (values[i]! - values[i]! !== 0) return i;
  }
  return -1;
}

/** An exponent of all ones means infinity or NaN. */
function firstWithAllBits(values: Uint16Array, exponentMask: number): number {
  for (let i = 0; i < values.length; i++) {
    if ((values[i]! & exponentMask) === exponentMask) return i;
  }
  return -1;
}
