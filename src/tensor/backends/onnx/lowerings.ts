/** ONNX lowerings: each entry appends an operation's nodes and returns the name of their result. */
import type { Expr, Node } from "../../ir/expr.ts";
import { type NormalizeAttributes, normalizeNode } from "../../ops/normalization.ts";
import { type SliceAttributes, sliceNode } from "../../ops/shape_ops.ts";
import type { TopKAttributes } from "../../ops/sorting.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import type { LoweringTable } from "../lowering.ts";
import type { Emitter } from "./emitter.ts";
import { averagePool2d, conv2d, convTranspose, convWeightGradient, maxPool } from "./image_lowerings.ts";
import { split } from "./split.ts";

type Names = readonly string[];

export const ONNX_LOWERINGS: LoweringTable<[inputs: Names, emitter: Emitter], string> = {
  input: ({ attributes }) => attributes.name,
  constant: ({ attributes, dtype }, _, emitter) => emitter.scalar(attributes.value, dtype),
  tensorConstant: ({ attributes }, _, emitter) => emitter.tensor(attributes.tensor),
  stopGradient: (_, [x]) => x!,

  add: operator("Add"),
  sub: operator("Sub"),
  mul: operator("Mul"),
  div: operator("Div"),
  pow: ({ attributes, dtype }, [x], emitter) => emitter.op("Pow", [x!, emitter.scalar(attributes.exponent, dtype)]),
  exp: operator("Exp"),
  log: operator("Log"),
  log1p,
  sqrt: operator("Sqrt"),
  abs: operator("Abs"),
  sign: operator("Sign"),
  sin: operator("Sin"),
  cos: operator("Cos"),
  erf: operator("Erf"),
  tanh: operator("Tanh"),
  sigmoid: operator("Sigmoid"),
  softplus: operator("Softplus"),
  relu: operator("Relu"),
  leakyRelu: ({ attributes }, inputs, emitter) =>
    emitter.op("LeakyRelu", inputs, { alpha: { float: attributes.slope } }),
  silu: (_, inputs, emitter) => emitter.op("QuickGelu", inputs, { alpha: { float: 1 } }, true),
  gelu: operator("Gelu"),

  equal: operator("Equal"),
  less: operator("Less"),
  lessEqual: operator("LessOrEqual"),
  greater: operator("Greater"),
  greaterEqual: operator("GreaterOrEqual"),
  logicalAnd: operator("And"),
  logicalOr: operator("Or"),
  logicalNot: operator("Not"),
  where: operator("Where"),
  minimum: operator("Min"),
  maximum: operator("Max"),
  clip: ({ attributes, dtype }, [x], emitter) =>
    emitter.op("Clip", [x!, emitter.scalar(attributes.low, dtype), emitter.scalar(attributes.high, dtype)]),
  cast: ({ attributes }, [x], emitter) => emitter.cast(x!, attributes.to),

  broadcastTo: ({ attributes }, [x], emitter) => emitter.op("Expand", [x!, emitter.int64(attributes.shape)]),
  // With allowzero a 0 means zero elements; without it ONNX reads "copy this dimension".
  reshape: ({ attributes }, [x], emitter) =>
    emitter.op("Reshape", [x!, emitter.int64(attributes.shape)], { allowzero: 1 }),
  transpose: ({ attributes }, [x], emitter) => emitter.op("Transpose", [x!], { perm: attributes.permutation }),
  concat: ({ attributes }, inputs, emitter) => emitter.op("Concat", inputs, { axis: attributes.axis }),
  slice,
  pad: ({ attributes, dtype }, [x], emitter) =>
    emitter.op("Pad", [
      x!,
      emitter.int64([...attributes.before, ...attributes.after]),
      emitter.scalar(attributes.value, dtype),
    ]),
  gather: ({ attributes }, inputs, emitter) => emitter.op("Gather", inputs, { axis: attributes.axis }),
  addRows({ inputs }, [base, indices, rows], emitter) {
    const wide = inputs[1]!.dtype === "int64" ? indices! : emitter.cast(indices!, "int64");
    return emitter.op("ScatterND", [base!, wide, rows!], { reduction: "add" });
  },
  takeAlongAxis: ({ attributes }, inputs, emitter) => emitter.op("GatherElements", inputs, { axis: attributes.axis }),
  scatterAdd: ({ attributes }, inputs, emitter) =>
    emitter.op("ScatterElements", inputs, { axis: attributes.axis, reduction: "add" }),

  sum: ({ attributes, inputs }, [x], emitter) => sum(emitter, inputs[0]!, x!, attributes.axes),
  sumTo({ attributes, inputs }, [x], emitter) {
    const { axes, shape } = attributes;
    const reduced = axes.length === 0 ? x! : sum(emitter, inputs[0]!, x!, axes);
    if (shape.length === inputs[0]!.rank) return reduced;
    return emitter.op("Reshape", [reduced, emitter.int64(shape)], { allowzero: 1 });
  },
  mean: reduction("ReduceMean"),
  max: reduction("ReduceMax"),
  min: reduction("ReduceMin"),
  argmax: extremumIndex("ArgMax"),
  argmin: extremumIndex("ArgMin"),
  topK: (node, inputs, emitter) => topK(node, inputs, emitter)[0]!,
  topKIndices: (node, inputs, emitter) => topK(node, inputs, emitter)[1]!,
  softmax: ({ attributes }, inputs, emitter) => emitter.op("Softmax", inputs, { axis: attributes.axis }),
  logSoftmax: ({ attributes }, inputs, emitter) => emitter.op("LogSoftmax", inputs, { axis: attributes.axis }),
  normalize: ({ attributes, inputs }, [x], emitter) => normalization(emitter, inputs[0]!, x!, attributes.epsilon)[0]!,
  inverseDeviation: ({ attributes, inputs }, [x], emitter) =>
    normalization(emitter, inputs[0]!, x!, attributes.epsilon)[2]!,
  layerNorm,

  matmul({ attributes }, inputs, emitter) {
    const { transposeA, transposeB } = attributes;
    if (!transposeA && !transposeB) return emitter.op("MatMul", inputs);
    return emitter.op("FusedMatMul", inputs, { transA: Number(transposeA), transB: Number(transposeB) }, true);
  },
  linear: (_, inputs, emitter) => emitter.op("Gemm", inputs, { transB: 1 }),
  conv2d,
  convTranspose,
  convWeightGradient,
  maxPool2d: (node, inputs, emitter) => maxPool(node, inputs, emitter)[0]!,
  maxPoolIndices: (node, inputs, emitter) => maxPool(node, inputs, emitter)[1]!,
  averagePool2d,
};

/** An operation with the same name and inputs in ONNX. */
function operator(type: string) {
  return (_: Expr, inputs: Names, emitter: Emitter): string => emitter.op(type, inputs);
}

function reduction(type: string) {
  return ({ attributes }: Node<{ readonly axes: readonly number[] }>, [x]: Names, emitter: Emitter): string =>
    emitter.op(type, [x!, emitter.int64(attributes.axes)], { keepdims: 1 });
}

function extremumIndex(type: string) {
  return ({ attributes }: Node<{ readonly axis: number }>, inputs: Names, emitter: Emitter): string =>
    emitter.op(type, inputs, { axis: attributes.axis, keepdims: 1 });
}

/** Kahan: with u = fl(1 + x), log(u)·x/(u − 1) is accurate where log(1 + x) has lost the low digits of x. */
function log1p({ dtype }: Expr, [x]: Names, emitter: Emitter): string {
  const one = emitter.scalar(1, dtype);
  const u = emitter.op("Add", [x!, one]);
  const difference = emitter.op("Sub", [u, one]);
  const tiny = emitter.op("Equal", [difference, emitter.scalar(0, dtype)]);
  const safe = emitter.op("Where", [tiny, one, difference]);
  const scaled = emitter.op("Div", [emitter.op("Mul", [emitter.op("Log", [u]), x!]), safe]);
  const finite = emitter.op("Where", [emitter.op("IsInf", [u]), u, scaled]);
  return emitter.op("Where", [tiny, x!, finite]);
}

/**
 * The sum over `axes`, which are kept with size 1. Over leading axes it becomes a product with a row of ones, which ONNX
 * Runtime computes several times faster than ReduceSum.
 */
function sum(emitter: Emitter, x: Expr, name: string, axes: readonly number[]): string {
  const rows = sizeOf(x.shape.slice(0, axes.length));
  const columns = sizeOf(x.shape.slice(axes.length));
  const leading = axes.every((axis, i) => axis === i);
  if (!leading || x.dtype !== "float32" || rows < 2 || columns < 2) {
    return emitter.op("ReduceSum", [name, emitter.int64(axes)], { keepdims: 1 });
  }
  const reshape = (value: string, shape: Shape) => emitter.op("Reshape", [value, emitter.int64(shape)]);
  const matrix = x.rank === 2 ? name : reshape(name, [rows, columns]);
  const total = emitter.op("MatMul", [emitter.ones([1, rows]), matrix]);
  return x.rank === 2 ? total : reshape(total, [...axes.map(() => 1), ...x.shape.slice(axes.length)]);
}

/** Slices that partition a tensor become a Split. */
function slice(node: Node<SliceAttributes>, [x]: Names, emitter: Emitter): string {
  const { axis, start, end, step } = node.attributes;
  const source = node.inputs[0]!;
  const siblings = partition(emitter.consumersOf(source), axis, source.shape[axis]!);
  if (siblings?.includes(node) && siblings.length > 1) {
    const sizes = siblings.map((sibling) => sibling.shape[axis]!);
    const names = emitter.once(`split:${source.id}:${axis}`, () => split(emitter, x!, sizes, axis));
    return names[siblings.indexOf(node)]!;
  }
  return emitter.op("Slice", [x!, ...[[start], [end], [axis], [step]].map((each) => emitter.int64(each))]);
}

/** The slices among `consumers`, in order, if they partition the axis. */
function partition(consumers: readonly Expr[], axis: number, size: number): Expr[] | undefined {
  const pieces = consumers
    .filter(sliceNode.is)
    .filter(({ attributes }) => attributes.axis === axis && attributes.step === 1)
    .sort((a, b) => a.attributes.start - b.attributes.start);
  let position = 0;
  for (const { attributes } of pieces) {
    if (attributes.start !== position) return undefined;
    position = attributes.end;
  }
  return position === size ? pieces : undefined;
}

/** Both outputs of one TopK node. */
function topK({ attributes, inputs }: Node<TopKAttributes>, [x]: Names, emitter: Emitter): Names {
  const { k, axis, largest } = attributes;
  return emitter.once(`topK:${inputs[0]!.id}:${k}:${axis}:${largest}`, () =>
    emitter.ops("TopK", [x!, emitter.int64([k])], { axis, largest: Number(largest), sorted: 1 }, { outputs: 2 }),
  );
}

/** ONNX's operator also returns each row's mean and inverse deviation; all outputs come from one node. */
function normalization(emitter: Emitter, x: Expr, name: string, epsilon: number): Names {
  return emitter.once(`normalize:${x.id}:${epsilon}`, () => {
    const ones = emitter.ones([x.shape.at(-1)!]);
    return emitter.ops("LayerNormalization", [name, ones], { axis: -1, epsilon: { float: epsilon } }, { outputs: 3 });
  });
}

function layerNorm(
  { attributes, inputs }: Node<NormalizeAttributes>,
  [x, weight, bias]: Names,
  emitter: Emitter,
): string {
  const { epsilon } = attributes;
  const source = inputs[0]!;
  // One operator computes everything, unless the gradient needs x̂ as well; it is slow with a weight per member.
  const shared = emitter
    .consumersOf(source)
    .some((node) => normalizeNode.is(node) && node.attributes.epsilon === epsilon);
  if (!shared && inputs[1]!.rank === 1) {
    return emitter.op("LayerNormalization", [x!, weight!, bias!], { axis: -1, epsilon: { float: epsilon } });
  }
  const normalized = normalization(emitter, source, x!, epsilon)[0]!;
  return emitter.op("Add", [emitter.op("Mul", [normalized, weight!]), bias!]);
}
