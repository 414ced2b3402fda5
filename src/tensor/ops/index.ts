/** All operations on symbolic tensors, as functions. `fluent.ts` offers the common ones as methods. */
export { constant } from "../ir/leaves.ts";
export { stopGradient } from "../ir/stop_gradient.ts";
export { gelu, leakyRelu, relu, silu } from "./activation.ts";
export { type AttentionOptions, attention } from "./attention.ts";
export { broadcastTo } from "./broadcast.ts";
export {
  abs,
  add,
  cos,
  div,
  erf,
  exp,
  log,
  log1p,
  mul,
  neg,
  pow,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
} from "./elementwise.ts";
export { type Conv2dOptions, conv2d, type Padding, type Pair } from "./images/conv.ts";
export { averagePool2d, maxPool2d, type PoolOptions } from "./images/pool.ts";
export { embedding, gather, oneHot, scatterAdd, takeAlongAxis } from "./indexing.ts";
export { linear, type MatmulOptions, matmul } from "./matmul.ts";
export { groupNorm, layerNorm } from "./normalization.ts";
export { max, mean, min, norm, type ReduceOptions, sum, variance } from "./reduce.ts";
export {
  cast,
  clip,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  where,
} from "./select.ts";
export { at, concat, pad, reshape, slice, split, stack, transpose, zeros } from "./shape_ops.ts";
export { logSoftmax, logSumExp, softmax } from "./softmax.ts";
export { argmax, argmin, sort, type TopKOptions, topK } from "./sorting.ts";
