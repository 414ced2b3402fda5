/** ONNX Runtime compiled to WebAssembly: no native code, and the same models in a browser. Optional. */
import { requirePackage } from "../../../utils/require_package.ts";
import { type Backend, deviceError } from "../../backend.ts";
import { createSession } from "./onnxruntime_session.ts";
import { writeOnnx } from "./write_onnx.ts";

const load = () => requirePackage<typeof import("onnxruntime-web")>("onnxruntime-web", "The WebAssembly runtime");

export const onnxruntimeWeb: Backend = {
  name: "onnxruntime-web",

  async devices() {
    await load();
    const { navigator } = globalThis as { navigator?: object };
    return navigator !== undefined && "gpu" in navigator ? ["cpu", "webgpu"] : ["cpu"];
  },

  async compile(program, options) {
    const device = options.device ?? "cpu";
    if (!(await this.devices()).includes(device)) throw await deviceError(this, device);
    if (options.profile !== undefined) {
      throw new Error(`${this.name} cannot write a profile to files; profile with onnxruntime-node`);
    }
    const ort = await load();
    // The thread count belongs to the module: it takes effect if set before the first session is created.
    if (options.threads !== undefined) ort.env.wasm.numThreads = options.threads;
    const model = writeOnnx(program);
    return createSession({ ...ort, fillsGivenOutputs: false }, model, device === "cpu" ? "wasm" : device, options);
  },
};
