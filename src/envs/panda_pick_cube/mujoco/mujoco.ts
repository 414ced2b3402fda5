/**
 * Loads MuJoCo's WASM build once per thread and names the few of its functions that are used here. The package types
 * its arrays as `any`; nothing outside this folder sees them.
 */
import type { MainModule, MjData, MjModel } from "@mujoco/mujoco";
import { requirePackage } from "../../../utils/require_package.ts";
import { withSharedCode } from "./shared_code.ts";

export type { MjData, MjModel };
export type MuJoCo = MainModule;

let loading: Promise<MuJoCo> | undefined;

/** MuJoCo's module. All simulations of a thread share it and its heap. @throws Error naming the package if it is not installed. */
export function loadMuJoCo(): Promise<MuJoCo> {
  loading ??= requirePackage<typeof import("@mujoco/mujoco")>("@mujoco/mujoco", "The simulated Panda environment").then(
    (library) => {
      const { options, failed } = withSharedCode();
      return Promise.race([library.default(options), failed]);
    },
  );
  return loading;
}

/**
 * A typed array over WASM memory that is read again whenever the heap has grown: growth detaches every earlier view,
 * and reads from a detached view give `undefined` without an error.
 */
export class HeapView<View extends { readonly buffer: ArrayBufferLike }> {
  readonly #read: () => View;
  #view: View;

  constructor(read: () => View) {
    this.#read = read;
    this.#view = read();
  }

  /** The live view. Do not keep it across calls into MuJoCo. */
  get live(): View {
    if (this.#view.buffer.byteLength === 0) this.#view = this.#read();
    return this.#view;
  }
}
