/** Cost of `import "handrail"` in a new process, beyond starting Node. Measured on the built package. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { Row } from "../measure.ts";

const PACKAGE_ENTRY = new URL("../../dist/index.js", import.meta.url);
const RUNS = 7;

export async function importTimeRow(): Promise<Row> {
  if (!existsSync(PACKAGE_ENTRY)) execFileSync("npm", ["run", "build"], { stdio: "ignore" });
  const bare = medianMs("");
  const imported = medianMs(`await import(${JSON.stringify(PACKAGE_ENTRY.href)})`);
  return {
    name: 'import "handrail", beyond starting Node',
    value: imported - bare,
    unit: "ms",
    target: "≤ 150",
    detail: `Node alone ${bare.toFixed(0)} ms, n ${RUNS}`,
  };
}

function medianMs(script: string): number {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    execFileSync(process.execPath, ["--input-type=module", "--eval", script]);
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!;
}
