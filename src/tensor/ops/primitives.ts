/** Every primitive under its name, as required of a backend's lowering table. A test keeps the list complete. */
import { inputPrimitive, scalarConstant, tensorConstant } from "../ir/leaves.ts";
import { stopGradientNode } from "../ir/stop_gradient.ts";
import { geluNode, leakyReluNode, reluNode, siluNode } from "./activation.ts";
import { broadcastNode, sumToNode } from "./broadcast.ts";
import {
  abs,
  addNode,
  cos,
  divNode,
  erf,
  exp,
  log,
  log1pNode,
  mulNode,
  powNode,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  subNode,
  tanh,
} from "./elementwise.ts";
import { convNode, convTransposeNode, convWeightGradientNode } from "./images/conv.ts";
import { averagePoolNode, maxPoolIndices, maxPoolNode } from "./images/pool.ts";
import { addRowsNode, gatherNode, scatterAddNode, takeAlongAxisNode } from "./indexing.ts";
import { affineNode, matmulNode } from "./matmul.ts";
import { affineNormalizeNode, inverseDeviationNode, normalizeNode } from "./normalization.ts";
import { maxNode, meanNode, minNode, sumNode } from "./reduce.ts";
import {
  castNode,
  clipNode,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  maximum,
  minimum,
  notNode,
  whereNode,
} from "./select.ts";
import { concatNode, padNode, reshapeNode, sliceNode, transposeNode } from "./shape_ops.ts";
import { logSoftmaxNode, softmaxNode } from "./softmax.ts";
import { argmax, argmin, topKIndices, topKValues } from "./sorting.ts";

export const PRIMITIVES = {
  input: inputPrimitive,
  constant: scalarConstant.primitive,
  tensorConstant,
  stopGradient: stopGradientNode.primitive,

  add: addNode.primitive,
  sub: subNode.primitive,
  mul: mulNode.primitive,
  div: divNode.primitive,
  pow: powNode.primitive,
  exp: exp.primitive,
  log: log.primitive,
  log1p: log1pNode.primitive,
  sqrt: sqrt.primitive,
  abs: abs.primitive,
  sign: sign.primitive,
  sin: sin.primitive,
  cos: cos.primitive,
  erf: erf.primitive,
  tanh: tanh.primitive,
  sigmoid: sigmoid.primitive,
  softplus: softplus.primitive,
  relu: reluNode.primitive,
  leakyRelu: leakyReluNode.primitive,
  silu: siluNode.primitive,
  gelu: geluNode.primitive,

  equal: equal.primitive,
  less: less.primitive,
  lessEqual: lessEqual.primitive,
  greater: greater.primitive,
  greaterEqual: greaterEqual.primitive,
  logicalAnd: logicalAnd.primitive,
  logicalOr: logicalOr.primitive,
  logicalNot: notNode.primitive,
  where: whereNode.primitive,
  minimum: minimum.primitive,
  maximum: maximum.primitive,
  clip: clipNode.primitive,
  cast: castNode.primitive,

  broadcastTo: broadcastNode.primitive,
  reshape: reshapeNode.primitive,
  transpose: transposeNode.primitive,
  concat: concatNode.primitive,
  slice: sliceNode.primitive,
  pad: padNode.primitive,
  gather: gatherNode.primitive,
  addRows: addRowsNode.primitive,
  takeAlongAxis: takeAlongAxisNode.primitive,
  scatterAdd: scatterAddNode.primitive,

  sum: sumNode.primitive,
  sumTo: sumToNode.primitive,
  mean: meanNode.primitive,
  max: maxNode.primitive,
  min: minNode.primitive,
  argmax: argmax.primitive,
  argmin: argmin.primitive,
  topK: topKValues.primitive,
  topKIndices: topKIndices.primitive,
  softmax: softmaxNode.primitive,
  logSoftmax: logSoftmaxNode.primitive,
  normalize: normalizeNode.primitive,
  inverseDeviation: inverseDeviationNode.primitive,
  layerNorm: affineNormalizeNode.primitive,

  matmul: matmulNode.primitive,
  linear: affineNode.primitive,
  conv2d: convNode.primitive,
  convTranspose: convTransposeNode.primitive,
  convWeightGradient: convWeightGradientNode.primitive,
  maxPool2d: maxPoolNode.primitive,
  maxPoolIndices: maxPoolIndices.primitive,
  averagePool2d: averagePoolNode.primitive,
} as const;

export type PrimitiveName = keyof typeof PRIMITIVES;
