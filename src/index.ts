/** Handrail: human-in-the-loop reinforcement learning for robots. */
export * from "./config/index.ts";
export * from "./envs/env.ts";
export { Random, type RandomState } from "./tensor/random.ts";
export { requirePackage } from "./utils/require_package.ts";
