import { defineConfig } from "tsdown";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    tensor: "src/tensor/index.ts",
    transport: "src/transport/index.ts",
    conformance: "src/conformance.ts",
    cli: "src/cli/main.ts",
    // Worker threads are started from files of their own, next to the bundle.
    "env.worker": "src/envs/env.worker.ts",
    dataset_recorder_worker: "src/datasets/dataset_recorder_worker.ts",
  },
  dts: { entry: ["src/index.ts", "src/tensor/index.ts", "src/transport/index.ts", "src/conformance.ts"] },
  platform: "node",
  fixedExtension: false,
});
