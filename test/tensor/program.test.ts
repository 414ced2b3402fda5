/** Programs and their state: inputs are checked, failures leave no trace, and results repeat bit for bit. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { loadOnnxRuntime } from "../../src/tensor/backends/onnx/onnxruntime_node.ts";
import { createSession } from "../../src/tensor/backends/onnx/onnxruntime_session.ts";
import {
  type CompileOptions,
  compile,
  type Expr,
  grad,
  onnxruntimeWeb,
  ops,
  type Program,
  Random,
  spec,
  Tensor,
} from "../../src/tensor/index.ts";

const programs: Pick<Program, "dispose">[] = [];
afterEach(async () => {
  for (const program of programs.splice(0)) await program.dispose();
});

function kept<P extends Pick<Program, "dispose">>(program: P): P {
  programs.push(program);
  return program;
}

/** sum(x · w) over the features, for any batch. */
function dotProduct(options: CompileOptions = {}) {
  const inputs = { x: spec(["batch", 3]), w: { scale: spec(["batch"]), steps: spec([2], "int64") } };
  const step = ({ inputs: { x, w } }: { inputs: { x: Expr; w: { scale: Expr; steps: Expr } } }) => ({
    outputs: { y: x.sum({ axis: 1 }).mul(w.scale), steps: w.steps },
  });
  return kept(compile(step, { inputs }, options));
}

const batch = (size: number) => ({
  x: Tensor.of(
    [size, 3],
    Array.from({ length: size * 3 }, (_, i) => i),
  ),
  w: { scale: Tensor.of([size], new Float32Array(size).fill(2)), steps: Tensor.zeros([2], "int64") },
});

describe("inputs", () => {
  test("bind named dimensions anew in every run", async () => {
    const program = dotProduct();
    expect([...(await program.run(batch(1))).y.data]).toEqual([6]);
    expect([...(await program.run(batch(2))).y.data]).toEqual([6, 24]);
    expect([...(await program.run(batch(0))).y.data]).toEqual([]);
    expect([...(await program.run(batch(1))).y.data]).toEqual([6]);
  });

  test("that give one dimension two sizes are refused", async () => {
    const inputs = { ...batch(2), w: batch(3).w };
    await expect(dotProduct().run(inputs)).rejects.toThrow(
      /input w\.scale has shape \[3\], expected \[batch\] \(batch = 2\)/,
    );
  });

  test("of a wrong shape, element type or kind are refused by name", async () => {
    const program = dotProduct();
    const good = batch(2);
    await expect(program.run({ ...good, x: Tensor.zeros([2, 4]) })).rejects.toThrow(
      /input x has shape \[2, 4\], expected \[batch, 3\]/,
    );
    const steps = { ...good, w: { ...good.w, steps: Tensor.zeros([2]) } };
    await expect(program.run(steps)).rejects.toThrow(/input w\.steps is float32, expected int64/);
    await expect(program.run({ ...good, x: [1, 2, 3] as never })).rejects.toThrow(/missing: x; unexpected: x\.0, x\.1/);
    await expect(program.run({ ...good, x: 3 as never })).rejects.toThrow(/input x must be a Tensor/);
  });

  test("that are missing or unexpected are listed", async () => {
    const inputs = { x: batch(1).x, w: { scale: batch(1).w.scale, step: Tensor.zeros([2], "int64") } } as never;
    await expect(dotProduct().run(inputs)).rejects.toThrow(/\(missing: w\.steps; unexpected: w\.step\)/);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "that hold %d are refused when checkFinite is on",
    async (value) => {
      const inputs = batch(2);
      inputs.x.data[4] = value;
      await expect(dotProduct({ checkFinite: true }).run(inputs)).rejects.toThrow(
        `input x holds ${value} at element 4`,
      );
      await expect(dotProduct().run(inputs)).resolves.toBeDefined();
    },
  );

  test("in half precision are checked for finiteness by value", async () => {
    const program = kept(
      compile(
        ({ inputs: { x } }) => ({ outputs: { y: x.cast("float32").add(1) } }),
        { inputs: { x: spec([2], "float16") } },
        { checkFinite: true },
      ),
    );
    const half = (bits: number) => new Tensor("float16", [2], Uint16Array.of(0x3c00, bits));
    expect([...(await program.run({ x: half(0xc000) })).y.data]).toEqual([2, -1]);
    await expect(program.run({ x: half(0x7e00) })).rejects.toThrow(/input x holds NaN at element 1/);
  });

  test("and outputs may be single tensors, and have any names", async () => {
    const single = kept(compile(({ inputs: x }) => ({ outputs: x.add(1) }), { inputs: spec([1]) }));
    expect((await single.run(Tensor.of([1], [2]))).item()).toBe(3);
    const inputs = { t0: spec([1]), output: spec([1]), "%": spec([1]) };
    const named = kept(
      compile(({ inputs }) => ({ outputs: inputs.t0.add(inputs.output).mul(inputs["%"]) }), { inputs }),
    );
    expect(
      (await named.run({ t0: Tensor.of([1], [2]), output: Tensor.of([1], [3]), "%": Tensor.of([1], [4]) })).item(),
    ).toBe(20);
  });

  test("may be listed in any order, under joined names, and with entries that are undefined", async () => {
    const program = dotProduct();
    const { x, w } = batch(1);
    const equivalent = [
      { w, x },
      { x, "w.scale": w.scale, "w.steps": w.steps },
      { x, w: { ...w, other: undefined } },
    ];
    for (const inputs of equivalent) expect([...(await program.run(inputs as never)).y.data]).toEqual([6]);
  });

  test("that are lists must have the expected length", async () => {
    const program = kept(
      compile(({ inputs: [a, b] }) => ({ outputs: [b!, [a!.sub(b!)]] }), { inputs: [spec([1]), spec([1])] }),
    );
    const number = (value: number) => Tensor.of([1], [value]);
    const [second, [difference]] = (await program.run([number(5), number(3)])) as never as [Tensor, [Tensor]];
    expect([second.item(), difference.item()]).toEqual([3, 2]);
    await expect(program.run([number(5)])).rejects.toThrow(/missing: 1\)/);
    await expect(program.run([number(5), number(3), number(1)])).rejects.toThrow(/unexpected: 2\)/);
  });

  test("can pass through under the same name", async () => {
    const program = kept(compile(({ inputs }) => ({ outputs: inputs }), { inputs: { x: spec([2]) } }));
    expect([...(await program.run({ x: Tensor.of([2], [1, 2]) })).x.data]).toEqual([1, 2]);
  });

  test("may be 16-bit, 64-bit and boolean; constants of those types hold the right values", async () => {
    const inputs = { i: spec([1], "int64"), b: spec([1], "bool"), u: spec([1], "uint8") };
    const step = ({ inputs: { i, b, u } }: { inputs: { i: Expr; b: Expr; u: Expr } }) => ({
      outputs: {
        i: i.mul(3),
        b: ops.logicalNot(b),
        u: u.cast("int32"),
        half: ops.constant(1.5, "float16").cast("float32"),
        brain: ops.constant(-0.375, "bfloat16").cast("float32"),
      },
    });
    const program = kept(compile(step, { inputs }));
    const result = await program.run({
      i: new Tensor("int64", [1], BigInt64Array.of(2n ** 40n)),
      b: new Tensor("bool", [1], Uint8Array.of(0)),
      u: new Tensor("uint8", [1], Uint8Array.of(255)),
    });
    expect([result.i.data[0], result.b.data[0], result.u.data[0]]).toEqual([3n * 2n ** 40n, 1, 255]);
    expect([result.half.item(), result.brain.item()]).toEqual([1.5, -0.375]);
  });
});

describe("dimensions", () => {
  test("given before a run must be known names and sizes", async () => {
    const program = dotProduct();
    await expect(program.load({})).rejects.toThrow(/input x: give a size for dimension "batch"/);
    await expect(program.load({ batch: 2, bacth: 3 })).rejects.toThrow(/no input has a dimension named "bacth"/);
    await expect(program.load({ batch: 1.5 })).rejects.toThrow(/input x: 1.5 is not a dimension's size/);
    await expect(program.load({ batch: 2 })).resolves.toBe(program);
  });
});

describe("a disposed program", () => {
  test("does not run or load, and can be disposed again", async () => {
    const program = dotProduct();
    await program.run(batch(1));
    await program.dispose();
    await program.dispose();
    await expect(program.run(batch(1))).rejects.toThrow(/the program is disposed/);
    await expect(program.load({ batch: 1 })).rejects.toThrow(/the program is disposed/);
  });

  test.each([
    ["waiting for its session", async () => dotProduct()],
    ["under way", async () => dotProduct().load({ batch: 1 })],
  ])("refuses a run that is %s", async (_, create) => {
    const program = await create();
    const [run] = await Promise.allSettled([program.run(batch(1)), program.dispose()]);
    expect(run).toMatchObject({ status: "rejected", reason: { message: /the program is disposed/ } });
  });
});

describe("devices and options", () => {
  test("an unavailable device is refused with a list of those available", async () => {
    await expect(dotProduct({ device: "abacus" }).load({ batch: 1 })).rejects.toThrow(
      /onnxruntime-node has no device "abacus"; available here: .*cpu/,
    );
  });

  test("the number of threads does not change the results", async () => {
    const random = new Random(1);
    const x = Tensor.of([64, 64], random.fillNormal(new Float32Array(64 * 64)));
    const results = [];
    for (const threads of [1, 2]) {
      const program = kept(
        compile(
          ({ inputs: { x } }) => ({ outputs: { y: x.matmul(x).tanh() } }),
          { inputs: { x: spec([64, 64]) } },
          { threads },
        ),
      );
      results.push((await program.run({ x })).y.data);
    }
    expect(results[0]).toEqual(results[1]);
  });

  test("a profile is written to files with the given prefix", async () => {
    const folder = await mkdtemp(join(tmpdir(), "profile-"));
    try {
      const program = dotProduct({ profile: join(folder, "step") });
      await program.run(batch(2));
      await program.dispose();
      const [file, ...others] = await readdir(folder);
      expect(file).toMatch(/^step.*\.json$/);
      expect(others).toEqual([]);
      expect(await readFile(join(folder, file!), "utf8")).toContain("ReduceSum");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("the WebAssembly runtime, which has no files, refuses to profile", async () => {
    const program = dotProduct({ backend: onnxruntimeWeb, profile: "step" });
    await expect(program.load({ batch: 1 })).rejects.toThrow(/onnxruntime-web cannot write a profile to files/);
  });

  test("the exported model gives the same outputs in a separate session", async () => {
    const program = dotProduct();
    const inputs = batch(2);
    const { y } = await program.run(inputs);
    const ort = { ...(await loadOnnxRuntime()), fillsGivenOutputs: true };
    const session = await createSession(ort, program.onnx({ batch: 2 }), "cpu", {});
    const target = Tensor.zeros([2]);
    await session.run([inputs.x, inputs.w.scale, inputs.w.steps], [target, Tensor.zeros([2], "int64")]);
    expect(target.data).toEqual(y.data);
    await session.release();
  });
});

describe("gradients of parameters", () => {
  test("are zero if the loss does not depend on one, and flow through results that are parameters too", async () => {
    const step = ({ inputs: { x } }: { inputs: { x: Expr } }) => {
      const hidden = x.mul(2);
      const held = ops.stopGradient(hidden);
      const loss = ops.add(hidden.square().sum(), held.mul(3).sum());
      return { outputs: grad(loss, { x, hidden, held, other: ops.zeros([3]) }) };
    };
    const program = kept(compile(step, { inputs: { x: spec([2]) } }));
    const gradients = await program.run({ x: Tensor.of([2], [1, -1]) });
    expect(Object.fromEntries(Object.entries(gradients).map(([name, { data }]) => [name, [...data]]))).toEqual({
      x: [8, -8],
      hidden: [4, -4],
      held: [3, 3],
      other: [0, 0, 0],
    });
  });
});
