/** Optimisers, gradient clipping, moving averages and learning-rate schedules, as pure functions. */
export * from "./adam.ts";
export { elementwise } from "./elementwise.ts";
export type { LearningRate, Optimizer, OptimizerState, SymbolicState, Updated } from "./optimizer.ts";
export * from "./schedules.ts";
export * from "./sgd.ts";
export * from "./transforms.ts";
