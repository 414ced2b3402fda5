/** Matrix products as calls of the runtime's register-blocked kernels. */
import { sizeOf } from "../../../shape.ts";
import type { ProductNode, Value } from "./ir.ts";
import type { Access, Kernel } from "./kernel.ts";
import type { CodeContext } from "./loops.ts";
import type { Memory, Place } from "./memory.ts";
import { flatStride, rowMajor, type View } from "./views.ts";

/** Columns of a panel, the widest of all targets; a multiple of every tile's width. */
const PANEL = 32;
/** Rows of all targets' tiles divide this. */
const ROWS = 12;
/** Clock cycles for a multiply-add, with 16 in a vector and two vectors at once. */
const CYCLES = 1 / 32;
const DOT_CYCLES = 4 * CYCLES;
/** Few columns are dot products. */
const FEW_COLUMNS = 8;
/** Rows that lie this far apart share cache sets; packing brings them together. */
const FAR = 512;

interface Packed {
  /** Stands for the packed values in dependencies. */
  readonly value: object;
  readonly memory: Memory;
}

/** The packed operand as one product reads it. */
interface Packing extends Packed {
  /** The element offset of matrix `e`, as C. */
  readonly offset: string;
  /** Packs it, unless another product's kernel already does. */
  readonly kernel: Kernel | undefined;
}

/** A product and where its operands are: c = a · b + bias. */
interface PlacedProduct {
  readonly node: ProductNode;
  readonly a: Place;
  readonly b: Place;
  readonly c: Place;
  readonly bias: Place | undefined;
  /** The elements of the left operand's columns are neighbours, not those of its rows. */
  readonly isTransposed: boolean;
}

/**
 * Tiles read the right operand where it is, or packed. Dot products suit columns whose elements are neighbours: few columns
 * and any rows, or any columns and one row.
 */
type Method = "tiles" | "packed tiles" | "dot products of rows" | "dot products of columns";

/** Makes the kernels of products. Right operands are packed once for all products that read them. */
export class Products {
  readonly #context: CodeContext;
  readonly #packed = new Map<string, Packed>();

  constructor(context: CodeContext) {
    this.#context = context;
  }

  kernels(node: ProductNode): Kernel[] {
    const product = this.#place(node);
    const method = methodOf(product);
    const packing = method === "packed tiles" ? this.#pack(node.inputs[1]!, node) : undefined;
    const kernel = this.#kernel(product, method, packing);
    return packing?.kernel === undefined ? [kernel] : [packing.kernel, kernel];
  }

  #place(node: ProductNode): PlacedProduct {
    const { places } = this.#context;
    const [left, right, bias] = node.inputs as [Value, Value, Value | undefined];
    const [a, b, c] = [places.at(left), places.at(right), places.of(node)];
    return { node, a, b, c, bias: bias && places.at(bias), isTransposed: lastTwo(a)[1] !== 1 && node.k > 1 };
  }

  #kernel(product: PlacedProduct, method: Method, packing: Packing | undefined): Kernel {
    const { node, a, b, c, bias } = product;
    const { m, n, k, batch } = node;
    const parameters = ["float *restrict c", "const float *a", "const float *b", "const float *bias"];
    const name = this.#context.functions.define(parameters, bodyOf(product, method, packing?.offset));
    return {
      label: `${timesMatrices(batch)}[${m}, ${k}] · [${k}, ${n}]`,
      ...unitsOf(node, method),
      memories: [a, c, ...(bias === undefined ? [] : [bias]), packing ?? b].map(({ memory }) => memory),
      ...this.#accesses(product, method, packing),
      accumulators: [],
      call(lo, hi) {
        const right = packing === undefined ? b.memory.pointer(b.offset) : packing.memory.pointer(0);
        const added = bias === undefined ? "0" : bias.memory.pointer(bias.offset);
        const pointers = [c.memory.pointer(c.offset), a.memory.pointer(a.offset), right, added];
        return `${name}(${[lo, hi, ...pointers].join(", ")});`;
      },
    };
  }

  #accesses({ node, a, c, isTransposed }: PlacedProduct, method: Method, packed: Packed | undefined) {
    const { m, n, k, batch } = node;
    const [left, right, bias] = node.inputs as [Value, Value, Value | undefined];
    const byColumns = method === "dot products of columns";
    const rowStep = (place: Place, width: number, base: Place) => unitStep([...batch, m], place, width, base);
    const leftStep = isTransposed || byColumns ? undefined : rowStep(a, k, this.#context.places.of(left.base));
    const whole: Access[] = [packed?.value ?? right.base, ...(bias === undefined ? [] : [bias.base])].map((value) => {
      return { value, step: undefined };
    });
    const writes: Access[] = [{ value: node, step: byColumns ? 1 : rowStep(c, n, c) }];
    return { reads: [{ value: left.base, step: leftStep }, ...whole], writes };
  }

  /** The right operand in panels of NR columns, each `[k][NR]`, padded with zeros. */
  #pack(right: Value, { n, k, batch }: ProductNode): Packing {
    const { places, functions } = this.#context;
    const b = places.at(right);
    const [depthStep, widthStep] = lastTwo(b);
    const own = batch.map((dim, axis) => (b.strides[axis] === 0 ? 1 : dim));
    // NR is known to the C compiler alone. A unit is one panel of the widest target, or two or four of narrower ones.
    const panels = Math.ceil(n / PANEL);
    const size = panels * PANEL * k;
    const strides = rowMajor(own).map((stride, axis) => (own[axis] === 1 ? 0 : stride * size));
    const offset = batchOffset(batch, strides);
    const key = `${right.base.id}:${right.offset}:${right.shape}:${right.strides}`;
    const known = this.#packed.get(key);
    if (known !== undefined) return { ...known, offset, kernel: undefined };
    const packed: Packed = { value: {}, memory: places.allocate("float32", sizeOf(own) * size) };
    this.#packed.set(key, packed);
    const packer = widthStep === 1 ? "pack_rows" : "pack_columns";
    const step = widthStep === 1 ? depthStep : widthStep;
    const from = `b + ${batchOffset(own, b.strides)}`;
    const call = `${packer}(m0 * PANELS, m1 * PANELS, ${n}, ${k}, ${from}, ${step}, packed + (long)e * ${size});`;
    const name = functions.define(["float *restrict packed", "const float *b"], overRows(panels, call));
    const kernel: Kernel = {
      label: `pack ${timesMatrices(own)}[${k}, ${n}]`,
      units: sizeOf(own) * panels,
      granularity: 1,
      cost: PANEL * k * 4 * CYCLES,
      memories: [b.memory, packed.memory],
      reads: [{ value: right.base, step: undefined }],
      writes: [{ value: packed.value, step: size / panels }],
      accumulators: [],
      call: (lo, hi) => `${name}(${lo}, ${hi}, ${packed.memory.pointer(0)}, ${b.memory.pointer(b.offset)});`,
    };
    return { ...packed, offset, kernel };
  }
}

function methodOf({ node, b, isTransposed }: PlacedProduct): Method {
  const { m, n, batch } = node;
  const [depthStep, widthStep] = lastTwo(b);
  if (widthStep !== 1 && !isTransposed && (n <= FEW_COLUMNS || m === 1))
    return m === 1 && sizeOf(batch) === 1 ? "dot products of columns" : "dot products of rows";
  const isReadable = widthStep === 1 && (n % PANEL === 0 || isPadded(b, node.inputs[1]!));
  const isNear = depthStep < FAR || m < (2 * FAR) / ROWS;
  return isReadable && isNear ? "tiles" : "packed tiles";
}

/** @param packedOffset of a packed operand, see `Packing`. */
function bodyOf({ node, a, b, c, isTransposed }: PlacedProduct, method: Method, packedOffset?: string): string {
  const { m, n, k, batch } = node;
  const [depthStep, widthStep] = lastTwo(b);
  if (method === "dot products of columns") return `  dot_columns(lo, hi, ${k}, a, b, ${widthStep}, c, bias);\n`;
  const [rowStep, columnStep] = lastTwo(a);
  const sizes = `m0, m1, ${n}, ${k}`;
  const left = `a + ${batchOffset(batch, a.strides)}, ${isTransposed ? columnStep : rowStep}`;
  const right = `b + ${packedOffset ?? batchOffset(batch, b.strides)}`;
  const result = `c + ${batchOffset(batch, c.strides)}, ${lastTwo(c)[0]}, bias`;
  if (method === "dot products of rows")
    return overRows(m, `dot_rows(${sizes}, ${left}, ${right}, ${widthStep}, ${result});`);
  const layout = method === "tiles" ? `${depthStep}, NR` : `NR, ${k}L * NR`;
  return overRows(m, `product_rows(${Number(isTransposed)}, ${sizes}, ${left}, ${right}, ${layout}, ${result});`);
}

/** A unit is a row of one of the matrices, or a column. */
function unitsOf({ m, n, k, batch }: ProductNode, method: Method): Pick<Kernel, "units" | "granularity" | "cost"> {
  if (method === "dot products of columns") return { units: n, granularity: 4, cost: k * DOT_CYCLES };
  const matrices = sizeOf(batch);
  return {
    units: matrices * m,
    granularity: m % ROWS === 0 || matrices === 1 ? ROWS : 1,
    cost: n * k * (method === "dot products of rows" ? DOT_CYCLES : CYCLES),
  };
}

function timesMatrices(batch: readonly number[]): string {
  return sizeOf(batch) > 1 ? `${sizeOf(batch)} × ` : "";
}

/** Calls `call` with rows m0 … m1 of matrix e, for units that count the rows of all matrices. */
function overRows(rows: number, call: string): string {
  return `  for (int r = lo; r < hi;) {
    const int e = r / ${rows}, m0 = r % ${rows}, m1 = m0 + hi - r < ${rows} ? m0 + hi - r : ${rows};
    (void)e;
    ${call}
    r += m1 - m0;
  }
`;
}

function lastTwo({ strides }: Pick<View<unknown>, "strides">): [number, number] {
  return [strides.at(-2)!, strides.at(-1)!];
}

/** Reading up to a panel's width past the last row stays within the arena. */
function isPadded({ memory, offset }: Place, { shape, strides }: Value): boolean {
  const end = shape.reduce((last, dim, axis) => last + (dim - 1) * strides[axis]!, offset) + 1;
  return memory.slot === undefined && end <= memory.size;
}

/** Elements from one row of all matrices to the next, if rows have parts of their own. */
function unitStep(rows: readonly number[], { strides, offset }: Place, width: number, base: Place): number | undefined {
  const step = flatStride(rows, strides.slice(0, -1));
  return step !== undefined && step > 0 && offset - base.offset + width <= step ? step : undefined;
}

/** The element offset of matrix `e`, as C. */
function batchOffset(batch: readonly number[], strides: readonly number[]): string {
  const flat = flatStride(batch, strides.slice(0, batch.length));
  if (flat !== undefined) return flat === 0 ? "0" : `(long)e * ${flat}`;
  const after = rowMajor(batch);
  const terms = batch.flatMap((dim, axis) => {
    return strides[axis] === 0 || dim === 1 ? [] : [`(long)(e / ${after[axis]} % ${dim}) * ${strides[axis]}`];
  });
  return terms.join(" + ");
}
