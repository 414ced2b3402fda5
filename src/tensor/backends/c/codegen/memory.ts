/** Where values are: in tensors that a run passes, or in the arena. */
import { bytesPerElement, type DType } from "../../../dtype.ts";
import { sameShape, sizeOf } from "../../../shape.ts";
import { cType } from "./c_types.ts";
import type { Fusion } from "./fusion.ts";
import { liveNodes, type Node, type Value } from "./ir.ts";
import type { LoweredProgram } from "./lower_program.ts";
import { rowMajor } from "./views.ts";

/** A run of elements in a tensor or in the arena. */
export class Memory {
  readonly dtype: DType;
  readonly size: number;
  /** Position in the table of pointers; undefined in the arena. */
  readonly slot: number | undefined;
  /** The regions in which the contents are needed. */
  first = Number.POSITIVE_INFINITY;
  last = -1;
  /** Position in the arena, in bytes. */
  offset = 0;

  constructor(dtype: DType, size: number, slot?: number) {
    this.dtype = dtype;
    this.size = size;
    this.slot = slot;
  }

  /** With space between arrays, so that vectors may be read across an end, and so that equal rows use different cache sets. */
  get bytes(): number {
    return Math.ceil((this.size * bytesPerElement(this.dtype)) / 64) * 64 + 192;
  }

  use(region: number): void {
    this.first = Math.min(this.first, region);
    this.last = Math.max(this.last, region);
  }

  /** A C expression for the address of an element. Valid when the arena has been planned. */
  pointer(offset: number): string {
    const type = cType(this.dtype);
    const start = this.slot === undefined ? `(${type} *)(A + ${this.offset})` : `(${type} *)X[${this.slot}]`;
    return offset === 0 ? start : `${start} + ${offset}`;
  }
}

/** Element (i, j, …) of a node is at `offset + i·strides[0] + …` of the memory. */
export interface Place {
  readonly memory: Memory;
  readonly offset: number;
  readonly strides: readonly number[];
}

export class Places {
  readonly #places = new Map<Node, Place>();
  readonly #arena: Memory[] = [];

  /** Gives feeds, constants and fetches the slots 0, 1, … in this order, and stored values memory in the arena. */
  constructor({ feeds, constants, fetches }: LoweredProgram, { stored }: Fusion) {
    let slots = 0;
    const placeInSlot = (node: Node) => this.#put(node, new Memory(node.dtype, sizeOf(node.shape), slots++));
    for (const node of [...feeds, ...constants]) placeInSlot(node);
    for (const { node } of fetches) placeInSlot(node);
    // Later nodes first: a concatenation decides where its parts are.
    const nodes = liveNodes(fetches.map(({ node }) => node)).toReversed();
    for (const node of nodes) {
      if (stored.has(node) && !this.#places.has(node)) this.#put(node, this.allocate(node.dtype, sizeOf(node.shape)));
      if (node.kind === "concat") this.#placeParts(node.inputs, node.axis, this.#places.get(node)!);
    }
  }

  allocate(dtype: DType, size: number): Memory {
    const memory = new Memory(dtype, size);
    this.#arena.push(memory);
    return memory;
  }

  of(node: Node): Place {
    return this.#places.get(node)!;
  }

  /** Where a value's elements are. */
  at({ base, offset, strides }: Value): Place {
    const place = this.of(base);
    return { memory: place.memory, offset: place.offset + offset, strides };
  }

  /** Gives every array of the arena a position: first fit, with memory reused by regions. @returns the size in bytes. */
  plan(): number {
    const placed: Memory[] = [];
    const used = this.#arena.filter(({ last }) => last >= 0).sort((a, b) => a.first - b.first || b.size - a.size);
    for (const memory of used) {
      const alive = placed.filter(({ first, last }) => first <= memory.last && memory.first <= last);
      memory.offset = 0;
      for (const other of alive.sort((a, b) => a.offset - b.offset)) {
        if (memory.offset + memory.bytes <= other.offset) break;
        memory.offset = Math.max(memory.offset, other.offset + other.bytes);
      }
      placed.push(memory);
    }
    return Math.max(0, ...placed.map(({ offset, bytes }) => offset + bytes));
  }

  #put(node: Node, memory: Memory): void {
    this.#places.set(node, { memory, offset: 0, strides: rowMajor(node.shape) });
  }

  #placeParts(parts: readonly Value[], axis: number, whole: Place): void {
    let { offset } = whole;
    for (const { base, shape } of parts) {
      // A part of another shape than its node's fills one contiguous run.
      const strides = sameShape(shape, base.shape) ? whole.strides : rowMajor(base.shape);
      this.#places.set(base, { memory: whole.memory, offset, strides });
      offset += shape[axis]! * whole.strides[axis]!;
    }
  }
}
