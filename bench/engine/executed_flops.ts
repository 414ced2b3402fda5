/**
 * Floating-point operations of one step, counted from the runtime's profile, which lists every executed operator with its
 * shapes. Products and convolutions are counted, two operations per multiply-add; the rest is bound by memory, not
 * arithmetic.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REFERENCE } from "./backends.ts";
import type { Workload } from "./workload.ts";

type Shape = readonly number[];

interface ProfiledOperator {
  readonly name: string;
  readonly inputs: readonly Shape[];
  readonly output: Shape;
}

/** Operations of a single run. */
export async function executedFlops(workload: Workload): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "handrail-profile-"));
  try {
    const { program, run } = workload.create({ backend: REFERENCE, profile: join(folder, "run") });
    await run();
    await program.dispose();
    const [file] = await readdir(folder);
    const events = JSON.parse(await readFile(join(folder, file!), "utf8")) as readonly ProfileEvent[];
    return events.flatMap(profiledOperator).reduce((sum, operator) => sum + operatorFlops(operator), 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface ProfileEvent {
  readonly args?: {
    readonly op_name?: string;
    /** One entry per tensor, its element type as the key. */
    readonly input_type_shape?: readonly Readonly<Record<string, Shape>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, Shape>>[];
  };
}

function profiledOperator({ args }: ProfileEvent): ProfiledOperator[] {
  const { op_name: name, input_type_shape: inputs, output_type_shape: outputs } = args ?? {};
  const output = outputs?.[0] && Object.values(outputs[0])[0];
  if (name === undefined || inputs === undefined || output === undefined) return [];
  return [{ name, inputs: inputs.map((input) => Object.values(input)[0]!), output }];
}

const size = (shape: Shape) => shape.reduce((product, dim) => product * dim, 1);

/** 0 for operators that are neither a product nor a convolution. */
export function operatorFlops({ name, inputs, output }: ProfiledOperator): number {
  const [first, second] = inputs;
  switch (name) {
    case "MatMul":
    case "FusedMatMul":
    case "Gemm":
    case "FusedGemm":
      return 2 * size(output) * innerDimension(first!, output);
    case "Conv":
    case "FusedConv":
      return 2 * size(output) * size(second!.slice(1));
    case "ConvTranspose":
      return 2 * size(first!) * size(second!.slice(1));
    default:
      return 0;
  }
}

/** The contracted axis of the left factor: the one that is not a row of the result, transposed or not. */
function innerDimension(left: Shape, output: Shape): number {
  const rows = output.at(-2);
  return left.length > 1 && left.at(-2) !== rows ? left.at(-2)! : left.at(-1)!;
}
