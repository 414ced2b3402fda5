/** The graph of a trace: each common subexpression once, no dead nodes, no unnecessary copies. */
import { describe, expect, test } from "vitest";
import { compile, type Expr, grad, ops, State, spec, Tensor } from "../../src/tensor/index.ts";
import { countNodes, readNodes } from "./onnx_nodes.ts";

function emitted(step: (x: Expr, w: Expr) => Record<string, unknown>): Record<string, number> {
  const program = compile(({ inputs: { x, w } }) => ({ outputs: step(x, w) as Record<string, Expr> }), {
    inputs: { x: spec([4, 3]), w: spec([2, 3]) },
  });
  return countNodes(program.onnx());
}

describe("the emitted model", () => {
  test("computes a common subexpression once", () => {
    const counts = emitted((x) => ({ a: x.exp().add(1), b: x.exp().mul(2), c: ops.sub(x.exp(), x.exp()) }));
    expect(counts).toEqual({ Exp: 1, Add: 1, Mul: 1, Sub: 1 });
  });

  test("leaves out unused nodes", () => {
    const counts = emitted((x, w) => {
      x.matmul(w, { transposeB: true });
      return { y: x.exp() };
    });
    expect(counts).toEqual({ Exp: 1 });
  });

  test("feeds only the inputs that are used", async () => {
    const program = compile(({ inputs: { x } }) => ({ outputs: { y: x.exp() } }), {
      inputs: { x: spec([1]), unused: spec([1]) },
    });
    const { y } = await program.run({ x: Tensor.zeros([1]), unused: Tensor.zeros([1]) });
    expect(y.item()).toBe(1);
    expect(readNodes(program.onnx()).flatMap(({ inputs }) => inputs)).toEqual(["x"]);
    await program.dispose();
  });

  test("holds no gradient of undifferentiated inputs", () => {
    const loss = (x: Expr, w: Expr) => x.matmul(w, { transposeB: true }).square().sum();
    const one = emitted((x, w) => ({ w: grad(loss(x, w), w) }));
    const both = emitted((x, w) => grad(loss(x, w), { x, w }));
    expect(one.FusedMatMul).toBe(2);
    expect(both.FusedMatMul ?? 0).toBe(2);
    expect(both.MatMul).toBe(1);
    expect(one.MatMul).toBeUndefined();
  });

  test("stops at stopGradient", () => {
    const counts = emitted((x, w) => ({
      w: grad(ops.mul(w, ops.stopGradient(x.exp().sum())).sum(), w),
      x: grad(ops.stopGradient(x).tanh().sum(), x),
    }));
    // Nothing of tanh is left: the gradient of x is a constant.
    expect(counts.Tanh).toBeUndefined();
    expect(counts.Exp).toBe(1);
  });

  test("cuts a tensor into pieces with one Split", () => {
    const counts = emitted((x) => {
      const [a, b, c] = ops.split(x, [1, 1, 1], 1) as [Expr, Expr, Expr];
      return { a: a.exp(), b: b.tanh(), c: c.sqrt() };
    });
    expect(counts).toEqual({ Split: 1, Exp: 1, Tanh: 1, Sqrt: 1 });
  });

  test.each([7, 8, 60, 350])(
    "cuts a tensor into %i pieces by nodes of at most seven outputs, which WebGPU can bind",
    async (count) => {
      const sizes = Array.from({ length: count }, (_, i) => 1 + (i % 3));
      const total = sizes.reduce((sum, size) => sum + size);
      const program = compile(
        ({ inputs: { x } }) => ({ outputs: ops.split(x, sizes, 0).map((piece, i) => piece.mul(i + 2)) }),
        { inputs: { x: spec([total]) } },
      );
      const nodes = readNodes(program.onnx());
      expect(Math.max(...nodes.map(({ outputs }) => outputs.length))).toBe(7);
      const counts = countNodes(program.onnx());
      expect(counts).toEqual({ Mul: count, Split: counts.Split });
      const pieces = await program.run({
        x: Tensor.of(
          [total],
          Float32Array.from({ length: total }, (_, i) => i),
        ),
      });
      const values = pieces.flatMap(({ data }, i) => Array.from(data as Float32Array, (value) => value / (i + 2)));
      expect(values.map(Math.round)).toEqual(Array.from({ length: total }, (_, i) => i));
      await program.dispose();
    },
  );

  test("joins the gradients of pieces with one Concat and pads nothing", () => {
    const counts = emitted((x) => {
      const [a, b] = ops.split(x, [1, 2], 1) as [Expr, Expr];
      return { x: grad(ops.add(a.exp().sum(), b.tanh().sum()), x) };
    });
    expect(counts.Concat).toBe(1);
    expect(counts.Pad).toBeUndefined();
  });

  test("drops neutral elements and collects constant factors", () => {
    expect(emitted((x) => ({ y: x.add(0).mul(1).mul(2).mul(3).div(1).sub(0) }))).toEqual({ Mul: 1 });
  });
});

describe("a state of small tensors", () => {
  const state = () =>
    new State({ net: { a: Tensor.of([2, 2], [1, 2, 3, 4]), b: Tensor.of([3], [5, 6, 7]), c: Tensor.of([1], [8]) } });

  test("is updated elementwise without cutting or joining more than once", async () => {
    const carried = state();
    const program = compile(
      ({ state: { net } }) => ({
        outputs: {},
        state: { net: { a: net.a.add(1), b: net.b.add(1), c: net.c.add(1) } },
      }),
      { inputs: {}, state: carried },
    );
    const counts = countNodes(program.onnx());
    expect(counts.Split).toBe(1);
    expect(counts.Concat).toBe(1);
    expect(counts.Identity).toBeUndefined();
    await program.run({});
    expect([...carried.read().net.a.data]).toEqual([2, 3, 4, 5]);
    expect([...carried.read().net.c.data]).toEqual([9]);
    await program.dispose();
  });

  test("without changes is neither copied nor written", () => {
    const program = compile(({ state: { net } }) => ({ outputs: { y: net.c.exp() }, state: { net } }), {
      inputs: {},
      state: state(),
    });
    expect(countNodes(program.onnx())).toEqual({ Slice: 1, Exp: 1 });
  });
});
