import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig } from "tsdown";

/** Worker threads are started from files of their own, next to the bundle. */
const workers = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".worker.ts"));

export default defineConfig({
  entry: {
    index: "src/index.ts",
    tensor: "src/tensor/index.ts",
    datasets: "src/datasets/index.ts",
    conformance: "src/conformance.ts",
    dashboard: "src/dashboard/index.ts",
    cli: "src/cli/main.ts",
    ...Object.fromEntries(workers.map((file) => [basename(file, ".ts"), `src/${file}`])),
  },
  dts: {
    compilerOptions: { stripInternal: true },
    entry: [
      "src/index.ts",
      "src/tensor/index.ts",
      "src/datasets/index.ts",
      "src/conformance.ts",
      "src/dashboard/index.ts",
    ],
  },
  // A page without a build step of its own.
  copy: ({ outDir }) => [{ from: "src/dashboard/server/region_picker/page/*", to: join(outDir, "region_picker") }],
  platform: "node",
  fixedExtension: false,
});
