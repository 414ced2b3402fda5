/**
 * `compile` traces a function over symbolic tensors once per set of shapes and turns it into one model. The result is a
 * program: named trees of tensors in and out, with state that stays inside from run to run.
 */

import type { Executor, ExecutorOptions, Session } from "./backend.ts";
import { onnxruntimeNode } from "./backends/onnx/onnxruntime_node.ts";
import { isFloat } from "./dtype.ts";
import { float16ToFloat32 } from "./half.ts";
import type { Expr } from "./ir/expr.ts";
import { formatShape } from "./shape.ts";
import { Tensor } from "./tensor.ts";
import {
  type Dimensions,
  onnxInputName,
  type RandomSource,
  type Signature,
  type StepArguments,
  type StepResult,
  type TensorSpec,
  type Trace,
  traceStep,
} from "./trace.ts";
import { assertSameNames, flattenTree, type MapTree, mapTree, type Tree } from "./tree.ts";

export interface CompileOptions extends ExecutorOptions {
  readonly executor?: Executor;
  /** Refuse inputs that hold NaN or an infinity. */
  readonly checkFinite?: boolean;
}

/**
 * @param step Called while tracing, once per set of shapes. Must be a pure function of its arguments.
 * @throws TraceError at once where all dimensions are numbers, else at the first run, pointing at the line of `step`.
 */
export function compile<Inputs, Outputs, S = Record<string, never>>(
  step: (args: StepArguments<Inputs, S>) => StepResult<Outputs>,
  signature: Signature<Inputs, S>,
  options: CompileOptions = {},
): Program<Inputs, Outputs> {
  return new Program(step as (args: StepArguments<unknown, unknown>) => StepResult<Outputs>, signature, options);
}

export class Program<Inputs = unknown, Outputs = unknown> {
  readonly #step: (args: StepArguments<unknown, unknown>) => StepResult<Outputs>;
  readonly #specs: ReadonlyMap<string, TensorSpec>;
  /** Names of dimensions that the tensors of a run give sizes to. */
  readonly #dimensions: ReadonlySet<string>;
  readonly #signature: Signature<unknown, unknown>;
  readonly #options: CompileOptions;
  readonly #traces = new Map<string, Trace>();
  readonly #sessions = new Map<Trace, Promise<Session>>();
  #disposed = false;

  /** Use `compile`. */
  constructor(
    step: (args: StepArguments<unknown, unknown>) => StepResult<Outputs>,
    signature: Signature<unknown, unknown>,
    options: CompileOptions,
  ) {
    this.#step = step;
    this.#signature = signature;
    this.#options = options;
    this.#specs = new Map(flattenTree(signature.inputs as Tree<TensorSpec>));
    const sizes = [...this.#specs.values()].flatMap(({ shape }) => shape);
    this.#dimensions = new Set(sizes.filter((size) => typeof size === "string"));
    if (this.#dimensions.size === 0) this.#trace({});
  }

  /**
   * Runs the program once, advancing its state.
   *
   * @throws Error naming the tensor for a missing or unexpected name, a wrong shape or element type, a value that is
   *   not finite (with `checkFinite`), and after `dispose`. The state is then unchanged.
   */
  async run(inputs: MapTree<Inputs, TensorSpec, Tensor>): Promise<MapTree<Outputs, Expr, Tensor>> {
    this.#assertUsable();
    const fed = new Map(flattenTree(inputs as Tree<Tensor>));
    const trace = this.#trace(this.#bind(fed));
    const session = await this.#session(trace);
    this.#assertUsable();
    const feeds = new Map<string, Tensor>();
    const feed = (name: string, tensor: Tensor) => trace.inputNames.has(name) && feeds.set(name, tensor);
    for (const [name, tensor] of fed) feed(onnxInputName(name), tensor);
    const results = new Map<string, Tensor>();
    const fetches = new Map<string, Tensor>();
    for (const { name, onnxName, dtype, shape } of trace.outputs) {
      const result = Tensor.zeros(shape, dtype);
      results.set(name, result);
      fetches.set(onnxName, result);
    }
    const run = async () => {
      for (const { onnxName, draw } of trace.draws) feed(onnxName, draw(this.#randomSource()));
      for (const { onnxName, buffer } of trace.stateInputs) feeds.set(onnxName, buffer.current);
      for (const { onnxName, buffer } of trace.stateOutputs) fetches.set(onnxName, buffer.next);
      if (fetches.size > 0) await session.run(feeds, fetches);
    };
    const { state } = this.#signature;
    const written = trace.stateOutputs.map(({ buffer }) => buffer);
    await (state === undefined ? run() : state.advance(written, run));
    return mapTree<unknown, Expr, Tensor>(trace.outputTree, (_, name) => results.get(name)!) as MapTree<
      Outputs,
      Expr,
      Tensor
    >;
  }

  /** Creates the session for the given dimensions ahead of the first run. */
  async load(dimensions: Dimensions = {}): Promise<this> {
    this.#assertUsable();
    await this.#session(this.#trace(dimensions));
    return this;
  }

  /** The ONNX model for the given dimensions. */
  onnx(dimensions: Dimensions = {}): Uint8Array<ArrayBuffer> {
    return this.#trace(dimensions).model;
  }

  /** Frees the runtime's memory. The program cannot run afterwards. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await session.then((loaded) => loaded.release(), ignoreFailedLoad);
  }

  #randomSource(): RandomSource {
    const { random } = this.#signature;
    if (random === undefined) throw new Error("the step draws random numbers: give compile() a `random` to draw from");
    return random;
  }

  #assertUsable(): void {
    if (this.#disposed) throw new Error("the program has been disposed; compile it again");
  }

  /** Checks the fed tensors against the signature and reads off the named dimensions. */
  #bind(fed: ReadonlyMap<string, Tensor>): Dimensions {
    assertSameNames([...this.#specs.keys()], [...fed.keys()], "the inputs");
    const dimensions: Record<string, number> = {};
    for (const [name, { shape, dtype }] of this.#specs) {
      const tensor = fed.get(name)!;
      if (!(tensor instanceof Tensor)) throw new TypeError(`input ${name} must be a Tensor`);
      if (tensor.dtype !== dtype) throw new TypeError(`input ${name} is ${tensor.dtype}, expected ${dtype}`);
      const fits =
        tensor.shape.length === shape.length &&
        shape.every((dim, axis) => {
          const size = tensor.shape[axis]!;
          if (typeof dim === "string") dimensions[dim] ??= size;
          return (typeof dim === "string" ? dimensions[dim] : dim) === size;
        });
      if (!fits) {
        const bound = Object.entries(dimensions).map(([dim, size]) => `${dim} = ${size}`);
        const hint = bound.length > 0 ? ` (${bound.join(", ")})` : "";
        throw new RangeError(
          `input ${name} has shape ${formatShape(tensor.shape)}, expected [${shape.join(", ")}]${hint}`,
        );
      }
      if (this.#options.checkFinite === true && isFloat(dtype)) assertFinite(name, tensor);
    }
    return dimensions;
  }

  #session(trace: Trace): Promise<Session> {
    const known = this.#sessions.get(trace);
    if (known !== undefined) return known;
    const { executor = onnxruntimeNode, ...options } = this.#options;
    const created = executor.load(trace.model, options);
    this.#sessions.set(trace, created);
    // A failed load is not kept: the next run may succeed.
    created.catch(() => this.#sessions.delete(trace));
    return created;
  }

  #trace(dimensions: Dimensions): Trace {
    const unknown = Object.keys(dimensions).find((dim) => !this.#dimensions.has(dim));
    if (unknown !== undefined) throw new RangeError(`no input has a dimension named "${unknown}"`);
    const key = JSON.stringify(Object.entries(dimensions).sort());
    const known = this.#traces.get(key) ?? traceStep(this.#step, this.#signature, dimensions);
    this.#traces.set(key, known);
    return known;
  }
}

/** Whoever asked for the session has been told. */
function ignoreFailedLoad(): void {}

function assertFinite(name: string, { dtype, data: elements }: Tensor): void {
  const data = dtype === "float16" ? float16ToFloat32(elements as Uint16Array) : elements;
  const at = (data as Float32Array).findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new RangeError(`input ${name} holds ${data[at]} at element ${at}`);
}
