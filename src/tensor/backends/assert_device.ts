/** Whether a device can compute on this machine, before a run depends on it. */
import { compile } from "../compile.ts";
import { add } from "../ops/elementwise.ts";
import { Tensor } from "../tensor.ts";
import { spec } from "../trace.ts";

/** Adds two numbers on it. @throws Error listing the available devices, and saying what this one needs. */
export async function assertDeviceStarts(device: string): Promise<void> {
  if (device === "cpu") return;
  const program = compile(({ inputs: { x } }) => ({ outputs: add(x, 1) }), { inputs: { x: spec([1]) } }, { device });
  try {
    await program.run({ x: Tensor.of([1], [1]) });
  } finally {
    await program.dispose();
  }
}
