/** A tensor is data: a typed array, its shape and its element type. It computes nothing (see `Expr` for that). */
import { arrayType, type DType, type TypedArrays } from "./dtype.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

export class Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: TypedArrays[D];

  /**
   * Wraps `data` without copying it.
   *
   * @param data Row-major elements; the array type must be the one `dtype` names.
   * @throws TypeError or RangeError when data, shape and dtype do not fit together.
   */
  constructor(dtype: D, shape: Shape, data: TypedArrays[D]) {
    if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
      throw new RangeError(`a shape holds non-negative integers, got ${formatShape(shape)}`);
    }
    if (!(data instanceof arrayType(dtype))) {
      throw new TypeError(`a ${dtype} tensor holds a ${arrayType(dtype).name}, got ${data?.constructor?.name}`);
    }
    if (data.length !== sizeOf(shape)) {
      throw new RangeError(`shape ${formatShape(shape)} holds ${sizeOf(shape)} elements, the data has ${data.length}`);
    }
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
  }

  /** A tensor of zeros. */
  static zeros<D extends DType = "float32">(shape: Shape, dtype: D = "float32" as D): Tensor<D> {
    return new Tensor(dtype, shape, new (arrayType(dtype))(sizeOf(shape)) as TypedArrays[D]);
  }

  /** A float32 tensor from plain numbers. */
  static of(shape: Shape, values: ArrayLike<number>): Tensor<"float32"> {
    return new Tensor("float32", shape, values instanceof Float32Array ? values : Float32Array.from(values));
  }

  static scalar(value: number): Tensor<"float32"> {
    return new Tensor("float32", [], Float32Array.of(value));
  }

  get size(): number {
    return this.data.length;
  }

  /** The same data under another shape. */
  reshape(shape: Shape): Tensor<D> {
    return new Tensor(this.dtype, shape, this.data);
  }

  clone(): Tensor<D> {
    return new Tensor(this.dtype, this.shape, this.data.slice() as TypedArrays[D]);
  }

  /** The only element of a tensor of size 1. */
  item(): number {
    if (this.data.length !== 1)
      throw new RangeError(`item() needs one element, the shape is ${formatShape(this.shape)}`);
    return Number(this.data[0]);
  }
}
