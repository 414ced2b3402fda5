/** `handrail/safetensors`: named tensors in a file, in Hugging Face's format, and its 16-bit floats. */
export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "../half.ts";
export { parseSafetensors, type SafetensorsContent, serializeSafetensors } from "./bytes.ts";
export { loadSafetensors, openSafetensors, type SafetensorsFile, saveSafetensors } from "./file.ts";
export { type SafetensorsEntry, SafetensorsError } from "./format.ts";
