/**
 * State that programs carry between runs: parameters, optimiser moments, counters. It is double-buffered: a run reads one
 * set of buffers and writes the other, and they are swapped only if the run succeeds.
 */
import { sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";
import { flattenTree, type Tree, treeFromNames } from "./tree.ts";

/**
 * Float32 tensors with fewer elements than this share one buffer per top-level entry of the state. Optimisers then work
 * on one vector instead of a dozen biases; large tensors keep their own buffers, to avoid copying them.
 */
export const SMALL_TENSOR_SIZE = 16_384;

interface StateLeaf {
  readonly name: string;
  readonly shape: readonly number[];
  /** First element within the buffer. */
  readonly offset: number;
}

export interface StateBuffer {
  readonly name: string;
  readonly leaves: readonly StateLeaf[];
  /** Current values; swapped with `next` after a run that wrote it. */
  current: Tensor;
  next: Tensor;
}

export class State<T = Tree<Tensor>> {
  readonly buffers: readonly StateBuffer[];
  /** The tree that the state was created from; its values are not updated. */
  readonly like: T;
  #running = false;
  /** Buffers written by the last run; their previous values are in `next`. */
  #undoable: readonly StateBuffer[] = [];

  /** Copies the tensors of `tree`. */
  constructor(tree: T) {
    for (const [name, leaf] of flattenTree(tree as Tree<Tensor>)) {
      if (!(leaf instanceof Tensor)) throw new TypeError(`state.${name} must be a Tensor`);
    }
    this.like = tree;
    this.buffers = groupLeaves(tree as Tree<Tensor>).map(createBuffer);
  }

  /** A copy of all values. */
  read(): T {
    return treeFromNames(
      this.like,
      this.#leaves((tensor) => tensor.clone()),
    ) as T;
  }

  /**
   * Replaces all values.
   *
   * @throws Error while a run is using the state, or naming what is missing, unexpected, or of the wrong shape or type; the
   *   state is then unchanged.
   */
  write(tree: T): void {
    this.#assertIdle();
    const incoming = treeFromNames<T, Tensor, Tensor>(this.like, new Map(flattenTree(tree as Tree<Tensor>)), "state");
    const values = new Map(flattenTree(incoming as Tree<Tensor>));
    const targets = this.#leaves((tensor) => tensor);
    for (const [name, target] of targets) {
      const { dtype, shape } = values.get(name)!;
      if (dtype !== target.dtype || shape.join() !== target.shape.join()) {
        throw new Error(`state.${name} is ${dtype} [${shape}], expected ${target.dtype} [${target.shape}]`);
      }
    }
    for (const [name, target] of targets) (target.data as Uint8Array).set(values.get(name)!.data as Uint8Array);
    this.#undoable = [];
  }

  /**
   * Reverts the last run that wrote the state.
   *
   * @returns false if there was none, or it was already reverted.
   * @throws Error while a run is using the state.
   */
  undo(): boolean {
    this.#assertIdle();
    if (this.#undoable.length === 0) return false;
    swap(this.#undoable);
    this.#undoable = [];
    return true;
  }

  /**
   * Runs `step`, which writes `next` of the buffers it returns, and then swaps those.
   *
   * @throws Error if another run on this state has not finished.
   */
  async advance<Result>(written: readonly StateBuffer[], step: () => Promise<Result>): Promise<Result> {
    this.#assertIdle();
    this.#running = true;
    try {
      const result = await step();
      swap(written);
      if (written.length > 0) this.#undoable = written;
      return result;
    } finally {
      this.#running = false;
    }
  }

  #assertIdle(): void {
    if (this.#running) throw new Error("the state is in use by another run; await that run first");
  }

  /** Every leaf as a view of its buffer. */
  #leaves(map: (view: Tensor) => Tensor): Map<string, Tensor> {
    return new Map(
      this.buffers.flatMap(({ leaves, current }) =>
        leaves.map(({ name, shape, offset }) => {
          const data = current.data.subarray(offset, offset + sizeOf(shape));
          return [name, map(new Tensor(current.dtype, shape, data))] as const;
        }),
      ),
    );
  }
}

function swap(buffers: readonly StateBuffer[]): void {
  for (const buffer of buffers) [buffer.current, buffer.next] = [buffer.next, buffer.current];
}

interface Group {
  readonly name: string;
  readonly leaves: readonly (readonly [name: string, tensor: Tensor])[];
}

function groupLeaves(tree: Tree<Tensor>): Group[] {
  const groups = new Map<string, [string, Tensor][]>();
  for (const [name, tensor] of flattenTree(tree)) {
    const small = tensor.dtype === "float32" && tensor.size < SMALL_TENSOR_SIZE;
    const key = small ? `${name.split(".", 1)[0]}:small` : name;
    groups.set(key, [...(groups.get(key) ?? []), [name, tensor]]);
  }
  return [...groups].map(([key, leaves]) => ({ name: leaves.length === 1 ? leaves[0]![0] : key, leaves }));
}

function createBuffer({ name, leaves: tensors }: Group): StateBuffer {
  let size = 0;
  const leaves = tensors.map(([leaf, { shape }]) => {
    size += sizeOf(shape);
    return { name: leaf, shape, offset: size - sizeOf(shape) };
  });
  const only = tensors.length === 1 ? tensors[0] : undefined;
  if (only !== undefined) return { name, leaves, current: only[1].clone(), next: only[1].clone() };
  const data = new Float32Array(size);
  for (const [index, [, tensor]] of tensors.entries()) data.set(tensor.data as Float32Array, leaves[index]!.offset);
  const current = new Tensor("float32", [size], data);
  return { name, leaves, current, next: current.clone() };
}
