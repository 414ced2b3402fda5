/** C written by hand, as a code generator would make it, to test what follows the generator. */
import type { GeneratedCode, Slot } from "../../src/tensor/backends/c/generated_code.ts";
import { runtimeHeader } from "../../src/tensor/backends/c/runtime_headers.ts";
import { bytesPerElement } from "../../src/tensor/dtype.ts";
import { feedsOf, fetchesOf, type NamedExpr, type TracedProgram } from "../../src/tensor/ir/traced_program.ts";
import { sizeOf } from "../../src/tensor/shape.ts";

const bytesOf = ({ expr }: NamedExpr) => sizeOf(expr.shape) * bytesPerElement(expr.dtype);

/** Slots of all feeds, all fetches and all constants, in this order. */
function slotsOf(program: TracedProgram): Slot[] {
  const named = (kind: "feed" | "fetch") => (each: NamedExpr) => ({ kind, name: each.name, bytes: bytesOf(each) });
  const constants = program.nodes.flatMap(({ primitive }, node) =>
    primitive.name === "tensorConstant" ? [{ kind: "constant" as const, node }] : [],
  );
  return [...feedsOf(program).map(named("feed")), ...fetchesOf(program).map(named("fetch")), ...constants];
}

function code(program: TracedProgram, body: string, arenaBytes = 0): GeneratedCode {
  const elements = Math.max(...fetchesOf(program).map(({ expr }) => sizeOf(expr.shape)));
  const source = `${runtimeHeader("threads.h")}\n#define ELEMENTS ${elements}\n${body}`;
  return { sources: [source], slots: slotsOf(program), arenaBytes };
}

/** y = 2x, for one input and one output of float32. */
export function doubling(program: TracedProgram): GeneratedCode {
  return code(
    program,
    `static void handrail_step(struct pool *pool, char *arena, void **slots) {
      (void)pool; (void)arena;
      const float *x = slots[0];
      float *y = slots[1];
      for (int i = 0; i < ELEMENTS; i++) y[i] = 2 * x[i];
    }`,
  );
}

/** y = x + c, for one input, one output and one constant. */
export function addingConstant(program: TracedProgram): GeneratedCode {
  return code(
    program,
    `static void handrail_step(struct pool *pool, char *arena, void **slots) {
      (void)pool; (void)arena;
      const float *x = slots[0], *c = slots[2];
      float *y = slots[1];
      for (int i = 0; i < ELEMENTS; i++) y[i] = x[i] + c[i];
    }`,
  );
}

/**
 * y[i] = x[i] + the number of times that its task ran, which is `regions` if every region runs each of its tasks once; a
 * task per element.
 */
export function countingTasks(regions: number, microsecondsPerTask = 0): (program: TracedProgram) => GeneratedCode {
  return (program) =>
    code(
      program,
      `struct counting { float *counts; };
      static void count(const void *context, int task) {
        const struct counting *counting = context;
        const int64_t begin = pool_now();
        counting->counts[task]++;
        while (pool_now() - begin < ${microsecondsPerTask * 1000}) pool_relax();
      }
      static void handrail_step(struct pool *pool, char *arena, void **slots) {
        const float *x = slots[0];
        float *y = slots[1], *counts = (float *)arena;
        memset(counts, 0, ELEMENTS * sizeof(float));
        for (int region = 0; region < ${regions}; region++) {
          struct counting counting = {counts};
          run_tasks(pool, count, &counting, ELEMENTS);
        }
        for (int i = 0; i < ELEMENTS; i++) y[i] = x[i] + counts[i];
      }`,
      4 * Math.max(...fetchesOf(program).map(({ expr }) => sizeOf(expr.shape))),
    );
}

/** C that no compiler accepts. */
export function broken(program: TracedProgram): GeneratedCode {
  return code(program, "static void handrail_step(struct pool *pool, char *arena, void **slots) { this is no C; }");
}
