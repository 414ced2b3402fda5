/** `handrail/safetensors`: tensors by name in a file, as Hugging Face stores them, and the 16-bit floats in them. */
export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "../half.ts";
export { parseSafetensors, type SafetensorsContent, serializeSafetensors } from "./bytes.ts";
export { loadSafetensors, openSafetensors, type SafetensorsFile, saveSafetensors } from "./file.ts";
export { type SafetensorsEntry, SafetensorsError } from "./format.ts";
