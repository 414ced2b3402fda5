/** A piece of a step's work that is one C function, and what it reads and writes. */
import { createHash } from "node:crypto";
import type { Node, ReduceOperation } from "./ir.ts";
import type { Memory, Place } from "./memory.ts";

/** A value that a kernel reads or writes. */
export interface Access {
  /** A node, or what stands for a packed operand. */
  readonly value: object;
  /** Elements between what one unit and what the next one accesses, if a unit accesses only those in between. */
  readonly step: number | undefined;
}

/** A result that tasks compute in parts of their own, which are combined when all have ended. */
export interface Accumulator {
  readonly operation: ReduceOperation;
  /** Elements of one part. */
  readonly size: number;
  /** The parts, one per task. Allocated by the schedule, which decides the number of tasks. */
  parts?: Memory;
  readonly node: Node;
  readonly place: Place;
}

export interface Kernel {
  readonly label: string;
  /** Independent parts of the work. */
  readonly units: number;
  /** Units come in tasks of multiples of this. */
  readonly granularity: number;
  /** Clock cycles per unit, roughly. */
  readonly cost: number;
  /** All that it uses, apart from accumulators. */
  readonly memories: readonly Memory[];
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
  readonly accumulators: readonly Accumulator[];
  /** The C call that computes units lo … hi − 1 as the given task. Valid when memory has been planned. */
  call(lo: string, hi: string, task: string): string;
}

/** The C functions of kernels. Kernels with equal code share one. */
export class Functions {
  /** By their declarations. */
  readonly #bodies = new Map<string, string>();

  /** @returns the function's name. */
  define(parameters: readonly string[], body: string): string {
    const list = `(${["int lo", "int hi", ...parameters].join(", ")})`;
    const name = `k_${createHash("sha256").update(list).update(body).digest("hex").slice(0, 12)}`;
    this.#bodies.set(`void ${name}${list}`, body);
    return name;
  }

  get declarations(): string {
    return [...this.#bodies.keys()].map((declaration) => `${declaration};\n`).join("");
  }

  get definitions(): string {
    return [...this.#bodies].map(([declaration, body]) => `NOINLINE ${declaration} {\n${body}}\n`).join("\n");
  }
}
