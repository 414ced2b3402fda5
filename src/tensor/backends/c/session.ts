/** A compiled step with its working memory, called in this thread. */
import type { Session } from "../../backend.ts";
import { tensorConstant } from "../../ir/leaves.ts";
import { feedsOf, fetchesOf, type TracedProgram } from "../../ir/traced_program.ts";
import type { Tensor } from "../../tensor.ts";
import type { Slot } from "./generated_code.ts";
import { leasePool, type PoolLease } from "./thread_pool.ts";
import type { CompiledStep } from "./toolchain/load_step.ts";

/** A slot that changes from run to run. */
interface RunSlot {
  readonly slot: Extract<Slot, { readonly name: string }>;
  /** Its place in the table. */
  readonly at: number;
  /** Its place among the feeds or the fetches. */
  readonly index: number;
}

export class CompiledSession implements Session {
  readonly #step: CompiledStep;
  readonly #pool: PoolLease;
  /** The session's address in the library; 0 after its release. */
  #handle: number;
  /** The address of every slot's memory. */
  readonly #table: Float64Array<ArrayBuffer>;
  readonly #slots: readonly RunSlot[];
  /** Keeps the memory that the table points to in every run. */
  readonly #constants: Tensor[] = [];
  /** Carried state is fed and fetched in every run: each array is asked for its address once. */
  readonly #addresses = new WeakMap<object, number>();

  /** @param threads including the one that calls. @throws Error where memory is short. */
  constructor(step: CompiledStep, program: TracedProgram, threads: number) {
    this.#step = step;
    this.#table = new Float64Array(step.slots.length);
    const slots: RunSlot[] = [];
    const feeds = feedsOf(program);
    const fetches = fetchesOf(program);
    for (const [at, slot] of step.slots.entries()) {
      if (slot.kind !== "constant") {
        const index = (slot.kind === "feed" ? feeds : fetches).findIndex(({ name }) => name === slot.name);
        slots.push({ slot, at, index });
        continue;
      }
      const tensor = constantOf(program, slot.node);
      this.#constants.push(tensor);
      this.#table[at] = this.#addressOf(tensor.data);
    }
    this.#slots = slots;
    this.#pool = leasePool(step.library, threads);
    try {
      this.#handle = step.library.create(this.#pool.address, step.arenaBytes, step.slots.length);
    } catch (error) {
      this.#pool.release();
      throw error;
    }
  }

  async run(feeds: readonly Tensor[], fetches: readonly Tensor[]): Promise<void> {
    if (this.#handle === 0) throw new Error("the session is released: compile the program again");
    const table = this.#table;
    for (const { slot, at, index } of this.#slots) {
      const data = (slot.kind === "feed" ? feeds : fetches)[index]?.data;
      // Also of an array whose memory has been transferred away: its address would be one of freed memory.
      if (data?.byteLength !== slot.bytes) throw sizeError(slot, data);
      table[at] = this.#addresses.get(data) ?? this.#addressOf(data);
    }
    this.#step.library.run(this.#handle, table);
  }

  async release(): Promise<void> {
    if (this.#handle === 0) return;
    this.#step.library.release(this.#handle);
    this.#handle = 0;
    this.#pool.release();
    this.#constants.length = 0;
  }

  #addressOf(data: Tensor["data"]): number {
    void data.buffer; // A small array is moved to memory where it stays.
    const address = this.#step.library.address(data);
    this.#addresses.set(data, address);
    return address;
  }
}

function constantOf({ nodes }: TracedProgram, index: number): Tensor {
  const node = nodes[index];
  if (node?.primitive !== tensorConstant) throw new Error(`node ${index} of the program is no constant`);
  return (node.attributes as { readonly tensor: Tensor }).tensor;
}

function sizeError({ kind, name, bytes }: RunSlot["slot"], data: Tensor["data"] | undefined): Error {
  const what = `the ${kind === "feed" ? "input" : "output"} ${name}`;
  if (data === undefined) return new Error(`${what} is missing`);
  if (data.byteLength === 0)
    return new Error(`${what} has lost its memory: its array was transferred to another thread`);
  return new RangeError(`${what} has ${data.byteLength} bytes, expected ${bytes}`);
}
