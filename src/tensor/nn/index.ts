/** Neural networks: modules as pairs of pure functions, with PyTorch's names and initial values. */
export * from "./containers.ts";
export * as init from "./init.ts";
export * from "./layers.ts";
export type * from "./module.ts";
export * from "./transformer.ts";
