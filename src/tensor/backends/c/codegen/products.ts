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
/** Few columns are dot products. */
const FEW_COLUMNS = 8;
/** Rows that lie this far apart share cache sets; packing brings them together. */
const FAR = 512;

interface Packed {
  /** Stands for the packed values in dependencies. */
  readonly value: object;
  readonly memory: Memory;
}

/** Makes the kernels of products. Right operands are packed once for all products that read them. */
export class Products {
  readonly #context: CodeContext;
  readonly #packed = new Map<string, Packed>();

  constructor(context: CodeContext) {
    this.#context = context;
  }

  kernels(node: ProductNode): Kernel[] {
    const { places, functions } = this.#context;
    const { m, n, k, batch } = node;
    const [left, right, bias] = node.inputs as [Value, Value, Value | undefined];
    const [a, b, c] = [places.at(left), places.at(right), places.of(node)];
    const [rowStep, columnStep] = lastTwo(a);
    const [depthStep, widthStep] = lastTwo(b);
    const isTransposed = columnStep !== 1 && k > 1;
    const isDot = widthStep !== 1 && !isTransposed && (n <= FEW_COLUMNS || m === 1);
    const isDirect =
      widthStep === 1 && (n % PANEL === 0 || isPadded(b, right)) && (depthStep < FAR || m < (2 * FAR) / ROWS);
    const pack = isDot || isDirect ? undefined : this.#pack(right, node);
    const rightOffset = pack === undefined ? batchOffset(batch, b.strides) : pack.offset;
    const biasPlace = bias && places.at(bias);
    const lda = isTransposed ? columnStep : rowStep;
    const operands = [
      `a + ${batchOffset(batch, a.strides)}, ${lda}`,
      `b + ${rightOffset}`,
      `c + ${batchOffset(batch, c.strides)}, ${lastTwo(c)[0]}, bias`,
    ];
    const [layout, panel] = pack === undefined ? [depthStep, "NR"] : ["NR", `${k}L * NR`];
    const call = isDot
      ? `dot_rows(m0, m1, ${n}, ${k}, ${operands[0]}, ${operands[1]}, ${widthStep}, ${operands[2]});`
      : `product_rows(${Number(isTransposed)}, m0, m1, ${n}, ${k}, ${operands[0]}, ${operands[1]}, ${layout}, ${panel}, ${operands[2]});`;
    const parameters = ["float *restrict c", "const float *a", "const float *b", "const float *bias"];
    const isColumnWise = isDot && m === 1 && sizeOf(batch) === 1;
    const name = functions.define(
      parameters,
      isColumnWise ? `  dot_columns(lo, hi, ${k}, a, b, ${widthStep}, c, bias);\n` : overRows(m, call),
    );
    const rowsOf = (place: Place, width: number, base: Place) => unitStep([...batch, m], place, width, base);
    const rows: Access = { value: left.base, step: isTransposed ? undefined : rowsOf(a, k, places.of(left.base)) };
    const memories = [a, c, ...(biasPlace ? [biasPlace] : [])].map(({ memory }) => memory);
    const rightMemory = pack?.memory ?? b.memory;
    const kernel: Kernel = {
      label: `${sizeOf(batch) > 1 ? `${sizeOf(batch)} × ` : ""}[${m}, ${k}] · [${k}, ${n}]`,
      units: isColumnWise ? n : sizeOf(batch) * m,
      granularity: isColumnWise ? 4 : m % ROWS === 0 || sizeOf(batch) === 1 ? ROWS : 1,
      cost: (isColumnWise ? k : n * k) * CYCLES * (isDot ? 4 : 1),
      memories: [...memories, rightMemory],
      reads: [
        isColumnWise ? { value: left.base, step: undefined } : rows,
        { value: pack?.value ?? right.base, step: undefined },
        ...(bias === undefined ? [] : [{ value: bias.base, step: undefined }]),
      ],
      writes: [{ value: node, step: isColumnWise ? 1 : rowsOf(c, n, c) }],
      accumulators: [],
      call(lo, hi) {
        const biasPointer = biasPlace === undefined ? "0" : biasPlace.memory.pointer(biasPlace.offset);
        const rightPointer = pack === undefined ? b.memory.pointer(b.offset) : pack.memory.pointer(0);
        const pointers = [c.memory.pointer(c.offset), a.memory.pointer(a.offset), rightPointer, biasPointer];
        return `${name}(${[lo, hi, ...pointers].join(", ")});`;
      },
    };
    return pack?.kernel === undefined ? [kernel] : [pack.kernel, kernel];
  }

  /** The right operand in panels of NR columns, each `[k][NR]`, padded with zeros. */
  #pack(right: Value, { n, k, batch }: ProductNode) {
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
      label: `pack ${sizeOf(own) > 1 ? `${sizeOf(own)} × ` : ""}[${k}, ${n}]`,
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
