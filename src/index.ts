/** Handrail: human-in-the-loop reinforcement learning for robots. */
export * from "./config/index.ts";
export * from "./envs/env.ts";
export { Pendulum, type PendulumResetOptions } from "./envs/pendulum.ts";
export * from "./replay/index.ts";
export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "./tensor/half.ts";
export { Random, type RandomState } from "./tensor/random.ts";
export { parseSafetensors, type SafetensorsContent, serializeSafetensors } from "./tensor/safetensors.ts";
export { loadSafetensors, openSafetensors, type SafetensorsFile, saveSafetensors } from "./tensor/safetensors_file.ts";
export { type SafetensorsEntry, SafetensorsError } from "./tensor/safetensors_format.ts";
export { type ResolvePretrainedOptions, resolvePretrained } from "./utils/hub.ts";
export { type PushToHubOptions, pushToHub } from "./utils/push_to_hub.ts";
export { requirePackage } from "./utils/require_package.ts";
