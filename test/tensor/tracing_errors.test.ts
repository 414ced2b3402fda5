/** Mistakes in a step are reported while tracing: the problem, the shapes, and the line. */
import { describe, expect, test } from "vitest";
import { compile, type Expr, grad, ops, State, spec, Tensor, TraceError } from "../../src/tensor/index.ts";

/** Traces a step over two float matrices, a vector of integers and a boolean. */
function trace(step: (x: Expr, y: Expr, indices: Expr, flag: Expr) => unknown): void {
  const inputs = { x: spec([2, 3]), y: spec([4, 5]), indices: spec([2], "int64"), flag: spec([2], "bool") };
  compile(({ inputs: { x, y, indices, flag } }) => ({ outputs: { result: step(x, y, indices, flag) as Expr } }), {
    inputs,
  });
}

describe("a shape error", () => {
  test.each<[string, (x: Expr, y: Expr, indices: Expr, flag: Expr) => unknown, RegExp]>([
    ["add", (x, y) => x.add(y), /add: shapes \[2, 3\] and \[4, 5\] do not broadcast together/],
    ["mul by a constant of another shape", (x) => ops.mul(x, ops.zeros([4])), /mul: shapes \[2, 3\] and \[4\]/],
    ["a product of constants", () => ops.mul(ops.zeros([2]), ops.zeros([3])), /mul: shapes \[2\] and \[3\]/],
    ["where", (x, y, _, flag) => ops.where(flag, x, y), /where: shapes \[2\] and \[2, 3\] and \[4, 5\]/],
    ["matmul", (x, y) => x.matmul(y), /matmul: shapes \[2, 3\] and \[4, 5\] do not fit/],
    ["matmul of a vector", (x, _, indices) => ops.matmul(x, indices), /matmul: needs matrices.*\[2, 3\] and \[2\]/],
    ["linear's bias", (x) => ops.linear(x, ops.zeros([4, 3]), ops.zeros([3])), /linear: bias \[3\].*weight \[4, 3\]/],
    ["reshape", (x) => x.reshape([4, -1]), /reshape: shape \[2, 3\] cannot become \[4, -1\]/],
    ["two inferred sizes", (x) => x.reshape([-1, -1]), /reshape: shape \[2, 3\] cannot become \[-1, -1\]/],
    ["transpose", (x) => x.transpose([0, 0]), /transpose: \[0,0\] is not a permutation of the axes of \[2, 3\]/],
    ["concat", (x, y) => ops.concat([x, y]), /concat: shapes \[2, 3\] and \[4, 5\] differ outside axis 0/],
    ["concat of nothing", () => ops.concat([]), /concat: needs at least one tensor/],
    ["split", (x) => ops.split(x, [1, 2]), /split: sizes \[1,2\] do not add up to axis 0 of \[2, 3\]/],
    ["slice", (x) => x.slice(1, 2, 5), /slice: 2:5:1 is outside axis 1 of \[2, 3\]/],
    ["a fractional slice", (x) => x.slice(1, 0.5), /slice: 0.5:/],
    ["pad", (x) => ops.pad(x, [1], [1]), /pad: needs 2 non-negative widths before and after \[2, 3\]/],
    ["broadcastTo", (x) => ops.broadcastTo(x, [3, 2]), /broadcastTo: shape \[2, 3\] does not broadcast to \[3, 2\]/],
    ["an axis of a sum", (x) => x.sum({ axis: 2 }), /sum: axis 2 does not exist in shape \[2, 3\]/],
    ["an axis of a softmax", (x) => ops.softmax(x, -3), /softmax: axis -3 does not exist in shape \[2, 3\]/],
    ["mean of nothing", () => ops.mean(ops.zeros([0, 3]), { axis: 0 }), /mean: an axis of \[0, 3\]/],
    ["argmax of nothing", () => ops.argmax(ops.zeros([2, 0])), /argmax: axis 1 of \[2, 0\] has no elements/],
    ["takeAlongAxis", (x, _, i) => ops.takeAlongAxis(x, i), /takeAlongAxis: shapes \[2, 3\] and \[2\] differ/],
    ["topK", (x) => ops.topK(x, 4), /topK: cannot take 4 of axis 1 of \[2, 3\]/],
    ["groupNorm", (x) => ops.groupNorm(x, 2), /groupNorm: 2 groups do not divide the channels of \[2, 3\]/],
    ["conv2d", (x, y) => ops.conv2d(x, y), /conv2d: image and weight shapes \[2, 3\] and \[4, 5\] do not fit/],
    [
      "conv2d's bias",
      () => ops.conv2d(ops.zeros([1, 2, 4, 4]), ops.zeros([3, 2, 3, 3]), ops.zeros([2])),
      /conv2d: bias \[2\] does not fit weight \[3, 2, 3, 3\]/,
    ],
    [
      "a kernel larger than the image",
      () => ops.conv2d(ops.zeros([1, 2, 2, 4]), ops.zeros([3, 2, 3, 3])),
      /conv2d: a kernel of 3×3 does not fit into \[1, 2, 2, 4\]/,
    ],
    [
      "a stride of zero",
      () => ops.maxPool2d(ops.zeros([1, 1, 4, 4]), 2, { stride: 0 }),
      /maxPool2d: .*positive integers/,
    ],
    ["pooling padding", () => ops.averagePool2d(ops.zeros([1, 1, 4, 4]), 2, { padding: 2 }), /averagePool2d: padding/],
  ])("of %s names the operation, the shapes and this file", (_, step, message) => {
    expect(() => trace(step)).toThrow(TraceError);
    expect(() => trace(step)).toThrow(message);
    expect(() => trace(step)).toThrow(/\n {4}at .*tracing_errors\.test\.ts:\d+:\d+/);
  });

  test("inside a callback of the engine points at the caller's line", () => {
    const line = Number(/:(\d+):\d+\)?$/.exec(new Error().stack!.split("\n")[1]!)![1]) + 2;
    const mistake = ({ inputs: { x } }: { inputs: { x: Expr } }) => ({
      outputs: { y: [1].map(() => ops.sum(x, { axis: [0, 5] }))[0]! },
    });
    expect(() => compile(mistake, { inputs: { x: spec([2, 3]) } })).toThrow(
      new RegExp(`tracing_errors\\.test\\.ts:${line}:`),
    );
  });

  test("of a program with named dimensions is raised by its first run", async () => {
    const program = compile(({ inputs: { x } }) => ({ outputs: { y: x.add(ops.zeros([3])) } }), {
      inputs: { x: spec(["batch"]) },
    });
    await expect(program.run({ x: Tensor.zeros([2]) })).rejects.toThrow(/add: shapes \[2\] and \[3\]/);
  });
});

describe("an element type error", () => {
  test.each<[string, (x: Expr, y: Expr, indices: Expr, flag: Expr) => unknown, RegExp]>([
    ["add", (x, _, i) => x.slice(1, 0, 1).reshape([2]).add(i), /add: element types differ \(float32 and int64\)/],
    ["adding a zero of another type", (x) => ops.add(x, ops.constant(0, "int64")), /add: element types differ/],
    ["scaling by another type", (x) => ops.mul(x, ops.constant(2, "float64")), /mul: element types differ/],
    ["matmul", (x) => ops.matmul(x, x.cast("float64").transpose()), /matmul: element types differ/],
    ["exp of integers", (_x, _y, i) => i.exp(), /exp: needs a floating-point tensor, got int64/],
    ["log1p of integers", (_x, _y, i) => ops.log1p(i), /log1p: needs a floating-point tensor, got int64/],
    ["where without a boolean", (x) => ops.where(x, x, x), /where: the condition is float32, it must be bool/],
    ["gather at floats", (x) => ops.gather(x, x), /gather: indices must be int64 or int32, got float32/],
    ["a fraction as an integer", (_x, _y, i) => i.mul(2.5), /constant: 2.5 is not of type int64/],
  ])("of %s names both types", (_, step, message) => {
    expect(() => trace(step)).toThrow(message);
  });
});

describe("an expression", () => {
  const leak = () => {
    const leaked: Expr[] = [];
    const step = ({ inputs: { x } }: { inputs: { x: Expr } }) => {
      leaked.push(x);
      return { outputs: { y: x.exp() } };
    };
    compile(step, { inputs: { x: spec([2]) } });
    return leaked[0]!;
  };

  test("cannot be used outside compile", () => {
    expect(() => leak().exp()).toThrow(/exp: expressions exist only while compile\(\) traces/);
    expect(() => ops.constant(1)).toThrow(/constant: expressions exist only while compile\(\)/);
  });

  test("of another trace is refused as an operand, an output and a new state", () => {
    const leaked = leak();
    const inputs = { z: spec([2]) };
    const state = new State({ w: Tensor.zeros([2]) });
    expect(() => compile(() => ({ outputs: { y: leaked.exp() } }), { inputs })).toThrow(
      /exp: an input belongs to another trace/,
    );
    expect(() => compile(() => ({ outputs: { y: leaked } }), { inputs })).toThrow(/output y belongs to another trace/);
    expect(() => compile(() => ({ outputs: {}, state: { w: leaked } }), { inputs, state })).toThrow(
      /state\.w belongs to another trace/,
    );
  });

  test("is what outputs must be", () => {
    expect(() => trace(() => 3)).toThrow(/output result is not an expression/);
  });

  test("traced while another trace runs is refused", () => {
    expect(() => trace(() => leak())).toThrow(/a trace is already running/);
  });
});

describe("grad", () => {
  test("refuses a loss that is not a floating-point scalar", () => {
    expect(() => trace((x) => grad(x, { x }))).toThrow(/grad: needs a floating-point scalar, got float32 \[2, 3\]/);
    expect(() => trace((_x, _y, i) => grad(i.sum(), { i }))).toThrow(/got int64 \[\]/);
  });

  test("refuses parameters that are not expressions", () => {
    expect(() => trace((x) => grad(x.sum(), { w: Tensor.zeros([2]) }))).toThrow(/parameter w is not an expression/);
  });

  test("refuses to pass an operation without a gradient, and suggests stopGradient", () => {
    expect(() => trace((x) => grad(ops.topK(x, 1).values.sum(), x))).toThrow(/topK has no gradient; .*stopGradient/);
  });
});
