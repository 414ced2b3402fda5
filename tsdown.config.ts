import { defineConfig } from "tsdown";

export default defineConfig({
  // Worker threads are started from files of their own, next to the bundle.
  entry: { index: "src/index.ts", "env.worker": "src/envs/env.worker.ts" },
  dts: true,
  platform: "node",
  fixedExtension: false,
});
