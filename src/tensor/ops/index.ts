/** All operations on symbolic tensors, as functions. `fluent.ts` offers the common ones as methods. */
export { constant, stopGradient } from "../ir/expr.ts";
export * from "./activation.ts";
export * from "./attention.ts";
export { broadcastTo } from "./broadcast.ts";
export * from "./elementwise.ts";
export { type Conv2dOptions, conv2d, type Padding, type Pair } from "./images/conv.ts";
export { averagePool2d, maxPool2d, type PoolOptions } from "./images/pool.ts";
export * from "./indexing.ts";
export { linear, type MatmulOptions, matmul } from "./matmul.ts";
export { groupNorm, layerNorm } from "./normalization.ts";
export * from "./reduce.ts";
export * from "./select.ts";
export { at, concat, pad, reshape, slice, split, stack, transpose, zeros } from "./shape_ops.ts";
export * from "./softmax.ts";
export * from "./sorting.ts";
