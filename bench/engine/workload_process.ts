/**
 * Runs one workload with one backend in a process of its own, in blocks as its parent asks: libraries that keep threads
 * waiting, or memory, cannot then disturb each other's figures.
 */
import { createHash, type Hash } from "node:crypto";
import type { Backend, Tensor } from "../../src/tensor/index.ts";
import { backendNamed } from "./backends.ts";
import { memoryGrowth } from "./memory_growth.ts";
import { WORKLOADS, type WorkloadName } from "./workloads/index.ts";

export interface Task {
  readonly workload: WorkloadName;
  readonly backend: string;
  readonly threads: number;
}

/** What a parent may ask for, each with one number. */
export interface Answers {
  /** Creates the program, and its session in the time given, in milliseconds; the number is unused. */
  readonly load: number;
  /** Runs it for some milliseconds. The time of each call in milliseconds. */
  readonly block: readonly number[];
  /** Runs a new program for some steps. A hash of every output and every new state. */
  readonly bits: string;
  /** Runs a new program for some steps. Growth of the process in bytes. */
  readonly growth: number;
}

export type Request = { readonly [K in keyof Answers]: { readonly kind: K; readonly amount: number } }[keyof Answers];

const { workload: name, backend: backendName, threads } = JSON.parse(process.argv[2]!) as Task;
const workload = WORKLOADS[name];
const backend = backendNamed(backendName);
let running: ReturnType<typeof workload.create> | undefined;

async function answer({ kind, amount }: Request): Promise<Answers[keyof Answers]> {
  switch (kind) {
    case "load": {
      running = workload.create({ threads, backend });
      const start = performance.now();
      await running.program.load();
      return performance.now() - start;
    }
    case "block":
      return block(running!.run, amount);
    case "bits": {
      const hash = createHash("sha256");
      const { program, run } = workload.create({ threads, backend: hashing(backend, hash) });
      for (let i = 0; i < amount; i++) await run();
      await program.dispose();
      return hash.digest("hex");
    }
    case "growth":
      return memoryGrowth(workload, { steps: amount, options: { threads, backend } });
  }
}

async function block(run: () => Promise<unknown>, ms: number): Promise<number[]> {
  const times: number[] = [];
  await run();
  const end = performance.now() + ms;
  do {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return times;
}

/** The backend, with everything that its sessions write added to the hash. */
function hashing(inner: Backend, hash: Hash): Backend {
  return {
    name: inner.name,
    devices: () => inner.devices(),
    async compile(program, options) {
      const session = await inner.compile(program, options);
      return {
        async run(feeds, fetches) {
          await session.run(feeds, fetches);
          for (const { data } of fetches as readonly Tensor[]) {
            hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
          }
        },
        release: () => session.release(),
      };
    },
  };
}

process.on("message", (request: Request) => {
  void answer(request).then(
    (result) => process.send!({ result }),
    (error: Error) => process.send!({ error: error.stack }),
  );
});
