/**
 * A backend of one's own: an interpreter, which computes a few operations on float32 tensors in plain JavaScript. Programs
 * with anything else go to ONNX Runtime.
 *
 *   node --import tsx examples/interpreter.ts
 */
import { pathToFileURL } from "node:url";
import {
  type Backend,
  compile,
  deviceError,
  type Expr,
  feedsOf,
  fetchesOf,
  type LoweringTable,
  lower,
  onnxruntimeNode,
  type Session,
  spec,
  Tensor,
  type TracedProgram,
} from "handrail/tensor";

type Inputs = readonly Float32Array[];

/** How each operation is computed from the elements of its inputs. */
const LOWERINGS: Partial<LoweringTable<[inputs: Inputs], Float32Array>> = {
  constant: ({ attributes }) => Float32Array.of(attributes.value),
  add: elementwise((a, b) => a + b),
  sub: elementwise((a, b) => a - b),
  mul: elementwise((a, b) => a * b),
  div: elementwise((a, b) => a / b),
  leakyRelu: ({ attributes }, [x]) => x!.map((value) => (value > 0 ? value : value * attributes.slope)),
  reshape: (_, [x]) => x!,
};
const KNOWN = new Set(["input", ...Object.keys(LOWERINGS)]);

function elementwise(f: (a: number, b: number) => number) {
  return ({ shape }: Expr, [a, b]: Inputs) => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    return Float32Array.from({ length: size }, (_, i) => f(a![i % a!.length]!, b![i % b!.length]!));
  };
}

/** Known, of float32, not empty, and with operands that repeat as a whole where they are broadcast at all. */
function canCompute({ primitive, inputs, shape, dtype }: Expr): boolean {
  if (dtype !== "float32" || shape.includes(0) || !KNOWN.has(primitive.name)) return false;
  const repeats = (operand: Expr) => operand.shape.every((dim, axis) => dim === shape.at(axis - operand.rank));
  return primitive.name === "reshape" || inputs.every(repeats);
}

class Interpretation implements Session {
  readonly #program: TracedProgram;

  constructor(program: TracedProgram) {
    this.#program = program;
  }

  async run(feeds: readonly Tensor[], fetches: readonly Tensor[]): Promise<void> {
    const values = new Map<Expr, Float32Array>();
    for (const [i, { expr }] of feedsOf(this.#program).entries()) values.set(expr, feeds[i]!.data as Float32Array);
    // Every node comes after those that it needs.
    for (const node of this.#program.nodes) {
      if (values.has(node)) continue;
      const inputs = node.inputs.map((input) => values.get(input)!);
      values.set(node, lower("the interpreter", LOWERINGS, node, inputs));
    }
    for (const [i, { expr }] of fetchesOf(this.#program).entries()) {
      (fetches[i]!.data as Float32Array).set(values.get(expr)!);
    }
  }

  async release(): Promise<void> {}
}

export const interpreter: Backend = {
  name: "interpreter",

  devices: async () => ["cpu"],

  async compile(program, options) {
    if ((options.device ?? "cpu") !== "cpu") throw await deviceError(interpreter, options.device!);
    if (!program.nodes.every(canCompute)) return onnxruntimeNode.compile(program, options);
    return new Interpretation(program);
  },
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const celsius = compile(
    ({ inputs: { fahrenheit } }) => ({ outputs: fahrenheit.sub(32).mul(5).div(9) }),
    { inputs: { fahrenheit: spec([3]) } },
    { backend: interpreter },
  );
  console.log((await celsius.run({ fahrenheit: Tensor.of([3], [32, 98.6, 212]) })).data);
}
