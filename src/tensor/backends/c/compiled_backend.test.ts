/** The whole way from C to a running session, with C written by hand in the code generator's place. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { addingConstant, broken, countingTasks, doubling } from "../../../../test/tensor/handwritten_steps.ts";
import { compile, constant, ops, spec, Tensor } from "../../index.ts";
import { makeCompiledBackend } from "./compiled_backend.ts";
import type { Generate } from "./toolchain/load_step.ts";

const folder = mkdtempSync(join(tmpdir(), "handrail-compiled-"));
const { HANDRAIL_CACHE } = process.env;
beforeAll(() => {
  process.env.HANDRAIL_CACHE = folder;
});
afterAll(() => {
  if (HANDRAIL_CACHE === undefined) delete process.env.HANDRAIL_CACHE;
  else process.env.HANDRAIL_CACHE = HANDRAIL_CACHE;
  rmSync(folder, { recursive: true });
});

/** A program of one input and one output, of any length; what it computes, `generate` says. The operation makes it unique. */
function programOf(generate: Generate, operation: keyof typeof ops, threads = 2) {
  const step = ops[operation] as typeof ops.exp;
  const signature = { inputs: { x: spec(["n"]) } };
  return compile(({ inputs: { x } }) => ({ outputs: step(x) }), signature, {
    threads,
    backend: makeCompiledBackend(generate),
  });
}

const counting = (n: number) =>
  Tensor.of(
    [n],
    Float32Array.from({ length: n }, (_, i) => i),
  );

describe("a compiled program", () => {
  test("computes what its C says, for every set of sizes", async () => {
    const program = programOf(doubling, "exp");
    expect([...(await program.run({ x: Tensor.of([3], [1, 2, 3]) })).data]).toEqual([2, 4, 6]);
    expect([...(await program.run({ x: Tensor.of([1], [-7]) })).data]).toEqual([-14]);
    await program.dispose();
  });

  test("reads its constants where they are", async () => {
    const generate = addingConstant;
    const step = compile(
      ({ inputs: { x } }) => ({ outputs: x.add(constant(Tensor.of([2], [10, 20]))) }),
      { inputs: { x: spec([2]) } },
      { backend: makeCompiledBackend(generate) },
    );
    expect([...(await step.run({ x: Tensor.of([2], [1, 2]) })).data]).toEqual([11, 22]);
    await step.dispose();
  });

  test.each([1, 2, 5])("runs each of 1000 tasks once per region with %i threads", async (threads) => {
    const program = programOf(countingTasks(30), "abs", threads);
    for (let run = 0; run < 20; run++) {
      const { data } = await program.run({ x: counting(1000) });
      expect([...data]).toEqual(Array.from({ length: 1000 }, (_, i) => i + 30));
    }
    await program.dispose();
  });

  test("says what compiled it, and for how many threads", async () => {
    const engines: string[] = [];
    const options = {
      threads: 3,
      backend: makeCompiledBackend(doubling),
      onCompiled: (engine: string) => engines.push(engine),
    };
    const program = compile(({ inputs: { x } }) => ({ outputs: ops.sin(x) }), { inputs: { x: spec([2]) } }, options);
    await program.load();
    await program.dispose();
    expect(engines).toEqual([expect.stringMatching(/^compiled by (gcc|clang) \d+\.\d+.*, 3 threads$/)]);
  });

  test("that no compiler accepts is an error with the compiler's reason in one line", async () => {
    const program = programOf(broken, "sqrt");
    const failure = await program.run({ x: counting(4) }).catch((error: Error) => error);
    expect(failure).toMatchObject({
      name: "CompilerUnavailable",
      message: expect.stringMatching(/^\S+ .* fails: .*error/),
    });
    expect((failure as Error).message).not.toContain("\n");
  });

  test("that has no C is the generator's error, and leaves nothing in the cache", async () => {
    const warn = vi.spyOn(process, "emitWarning");
    const before = readdirSync(join(folder, "compiled"));
    const program = programOf(() => {
      throw new Error("c cannot compute an abacus");
    }, "log");
    await expect(program.run({ x: counting(4) })).rejects.toThrow(/^c cannot compute an abacus$/);
    expect(readdirSync(join(folder, "compiled"))).toEqual(before);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

describe("a session", () => {
  const traced = programOf(doubling, "cos").traced({ n: 2 });
  const session = () => makeCompiledBackend(doubling).compile(traced, { threads: 2 });

  test("refuses to run after its release, and to be released twice does no harm", async () => {
    const released = await session();
    await released.release();
    await released.release();
    await expect(released.run([counting(2)], [counting(2)])).rejects.toThrow("the session is released");
  });

  test("refuses an array whose memory went to another thread, by the input's name", async () => {
    const running = await session();
    const [x, y] = [counting(2), counting(2)];
    await running.run([x], [y]);
    structuredClone(x.data.buffer, { transfer: [x.data.buffer as ArrayBuffer] });
    await expect(running.run([x], [y])).rejects.toThrow(/the input \S*x has lost its memory/);
    await expect(running.run([counting(2)], [x])).rejects.toThrow(/the output \S+ has lost its memory/);
    await running.release();
  });

  test("refuses too few and too many bytes, and a missing tensor", async () => {
    const running = await session();
    await expect(running.run([counting(3)], [counting(2)])).rejects.toThrow(/input \S*x has 12 bytes, expected 8/);
    await expect(running.run([counting(2)], [counting(1)])).rejects.toThrow(/output \S+ has 4 bytes, expected 8/);
    await expect(running.run([], [counting(2)])).rejects.toThrow(/input \S*x is missing/);
    await running.release();
  });

  test("reads and writes a part of a larger buffer", async () => {
    const running = await session();
    const memory = Float32Array.of(9, 1, 2, 9, 9, 9);
    const [x, y] = [memory.subarray(1, 3), memory.subarray(4, 6)];
    await running.run([new Tensor("float32", [2], x)], [new Tensor("float32", [2], y)]);
    expect([...memory]).toEqual([9, 1, 2, 9, 2, 4]);
    await running.release();
  });
});
