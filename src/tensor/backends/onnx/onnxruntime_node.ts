/** The default backend: ONNX Runtime's native library. Imported on first use. */
import { requirePackage } from "../../../utils/require_package.ts";
import { type Backend, deviceError } from "../../backend.ts";
import { threadsByEnvironment } from "../threads.ts";
import { createSession } from "./onnxruntime_session.ts";
import { turnOffTelemetry } from "./onnxruntime_telemetry.ts";
import { writeOnnx } from "./write_onnx.ts";

/** The only place that loads the native library, after its telemetry is turned off. */
export async function loadOnnxRuntime(): Promise<typeof import("onnxruntime-node")> {
  await turnOffTelemetry();
  return await requirePackage("onnxruntime-node", "The numeric engine", INSTALL_HINT);
}

/** Its install script fails without access to a second host with GPU files; npm then omits the package. */
const INSTALL_HINT = "Where that fails because its GPU files cannot be downloaded, set ONNXRUNTIME_NODE_INSTALL=skip";

/** What each device needs, by its name. */
const ADVICE: Readonly<Record<string, string>> = {
  cuda:
    "It needs Linux x64, NVIDIA's driver, CUDA 12 and cuDNN 9, and files that " +
    "`ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node` downloads",
  webgpu:
    "It needs a GPU's driver: for Vulkan on Linux (x64; Debian: libvulkan1 and the GPU's driver), else the system's",
  coreml: "It needs macOS",
  dml: "It needs Windows",
};

export const onnxruntimeNode: Backend = {
  name: "onnxruntime-node",

  /** Devices that need no further libraries; others (CUDA, for example) can be requested and may start. */
  async devices() {
    const { listSupportedBackends } = await loadOnnxRuntime();
    return listSupportedBackends().flatMap(({ name, bundled }) => (bundled ? [name] : []));
  },

  async compile(program, options) {
    const ort = { ...(await loadOnnxRuntime()), fillsGivenOutputs: true };
    const { device = "cpu", busyMachine = false } = options;
    // Its threads wait for each other: on a busy machine, two take longer than one.
    const threads = options.threads ?? threadsByEnvironment() ?? (busyMachine ? 1 : undefined);
    const advice = ADVICE[device];
    if (!ort.listSupportedBackends().some(({ name }) => name === device)) {
      throw await deviceError(this, device, { advice });
    }
    const created = createSession(ort, writeOnnx(program, device), device, { ...options, threads });
    const session = await created.catch(async (cause) => {
      throw device === "cpu" ? cause : await deviceError(this, device, { cause, advice });
    });
    options.onCompiled?.(describeEngine(device, threads));
    return session;
  },
};

function describeEngine(device: string, threads: number | undefined): string {
  const where = device === "cpu" ? "" : ` on ${device}`;
  const by = threads === undefined ? "" : `, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  return `ONNX Runtime${where}${by}`;
}
