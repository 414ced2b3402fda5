/** The default executor: ONNX Runtime's native library. Imported on first use. */
import { deviceError, type Executor } from "./executor.ts";
import { createSession } from "./onnxruntime_session.ts";

const load = () => import("onnxruntime-node");

export const onnxruntimeNode: Executor = {
  name: "onnxruntime-node",

  /** The devices that work without further libraries; others (CUDA's, say) can be asked for and may start. */
  async devices() {
    const { listSupportedBackends } = await load();
    return listSupportedBackends().flatMap(({ name, bundled }) => (bundled ? [name] : []));
  },

  async load(model, options) {
    const ort = { ...(await load()), fillsGivenOutputs: true };
    const device = options.device ?? "cpu";
    if (!ort.listSupportedBackends().some(({ name }) => name === device)) throw await deviceError(this, device);
    if (device === "cpu") return createSession(ort, model, device, options);
    return createSession(ort, model, device, options).catch(async (cause) => {
      throw await deviceError(this, device, cause);
    });
  },
};
