/** A WebGPU device without a GPU: SwiftShader, a Vulkan driver for the processor, which comes with Chromium. */
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

const FOLDERS = ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/usr/lib64/chromium-browser", "/opt/google/chrome"];
const DRIVER = "vk_swiftshader_icd.json";
const LOADER = "libvulkan.so.1";

/** Of glibc: the library stays although Node closes it. `os.constants` does not have it. */
const RTLD_NODELETE = 0x1000;

interface SoftwareGpu {
  /** Why there is none; undefined if there is one. */
  readonly missing: string | undefined;
  /** For a process that shall use it. */
  readonly environment: Readonly<Record<string, string>>;
}

export const softwareGpu: SoftwareGpu = findSoftwareGpu();

function findSoftwareGpu(): SoftwareGpu {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return { missing: "SwiftShader is looked for on Linux x64 only", environment: {} };
  }
  const folder = FOLDERS.find((each) => [DRIVER, LOADER].every((file) => existsSync(join(each, file))));
  if (folder === undefined) {
    return { missing: `no ${DRIVER} in ${FOLDERS.join(", ")} (Debian: apt-get install chromium)`, environment: {} };
  }
  return { missing: undefined, environment: { VK_ICD_FILENAMES: join(folder, DRIVER), LD_LIBRARY_PATH: folder } };
}

/** Makes it this process's GPU. Call it in the main thread, before the first session on it. */
export function useSoftwareGpu(): void {
  const { VK_ICD_FILENAMES, LD_LIBRARY_PATH } = softwareGpu.environment;
  if (VK_ICD_FILENAMES === undefined || LD_LIBRARY_PATH === undefined) return;
  process.env.VK_ICD_FILENAMES = VK_ICD_FILENAMES;
  try {
    // ONNX Runtime opens the loader by its name, which finds one that is open already.
    process.dlopen({ exports: {} }, join(LD_LIBRARY_PATH, LOADER), constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch {
    // It is no module of Node, but open.
  }
}

/** The name of a suite that needs it, which says why it is skipped. */
export function onWebgpu(name: string): string {
  return softwareGpu.missing === undefined ? name : `${name} (skipped: ${softwareGpu.missing})`;
}
