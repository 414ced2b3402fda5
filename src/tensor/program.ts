/**
 * A program traces a function over symbolic tensors once per set of shapes, and a backend compiles each trace: named trees
 * of tensors in and out, with state that stays inside between runs. `compile` creates programs.
 */
import type { Backend, BackendOptions, Session } from "./backend.ts";
import { isFloat } from "./dtype.ts";
import { float16ToFloat32 } from "./half.ts";
import type { Expr } from "./ir/expr.ts";
import type { TracedProgram } from "./ir/traced_program.ts";
import { formatShape } from "./shape.ts";
import type { StateBuffer } from "./state.ts";
import { Tensor } from "./tensor.ts";
import {
  type Dimensions,
  draw,
  inputName,
  type RandomSource,
  type Signature,
  type StepArguments,
  type StepResult,
  type TensorSpec,
  type Trace,
  traceStep,
} from "./trace.ts";
import { assertSameNames, flattenTree, type MapTree, mapTree, type Tree } from "./tree.ts";

export interface ProgramOptions extends BackendOptions {
  /** Refuse inputs that hold NaN or an infinity. */
  readonly checkFinite?: boolean;
}

/** What `compile` supplies to a program. */
export interface ProgramServices {
  readonly backend: Backend;
  readonly writeOnnx: (program: TracedProgram) => Uint8Array<ArrayBuffer>;
}

export class Program<Inputs = unknown, Outputs = unknown> {
  readonly #step: (args: StepArguments<unknown, unknown>) => StepResult<Outputs>;
  readonly #specs: ReadonlyMap<string, TensorSpec>;
  /** Dimension names whose sizes come from the tensors of a run. */
  readonly #dimensions: ReadonlySet<string>;
  readonly #signature: Signature<unknown, unknown>;
  /** The buffers of the state by name. */
  readonly #buffers: ReadonlyMap<string, StateBuffer>;
  readonly #services: ProgramServices;
  readonly #options: ProgramOptions;
  readonly #traces = new Map<string, Trace>();
  readonly #sessions = new Map<Trace, Promise<Session>>();
  #disposed = false;

  /** Use `compile`. */
  constructor(
    step: (args: StepArguments<unknown, unknown>) => StepResult<Outputs>,
    signature: Signature<unknown, unknown>,
    services: ProgramServices,
    options: ProgramOptions,
  ) {
    this.#step = step;
    this.#signature = signature;
    this.#buffers = new Map(signature.state?.buffers.map((buffer) => [buffer.name, buffer]));
    this.#services = services;
    this.#options = options;
    this.#specs = new Map(flattenTree(signature.inputs as Tree<TensorSpec>));
    const sizes = [...this.#specs.values()].flatMap(({ shape }) => shape);
    this.#dimensions = new Set(sizes.filter((size) => typeof size === "string"));
    if (this.#dimensions.size === 0) this.#trace({});
  }

  /**
   * Runs the program once, advancing its state.
   *
   * @throws Error naming the tensor for a missing or unexpected name, a wrong shape or element type, a value that is not
   *   finite (with `checkFinite`), and after `dispose`. The state is then unchanged.
   */
  async run(inputs: MapTree<Inputs, TensorSpec, Tensor>): Promise<MapTree<Outputs, Expr, Tensor>> {
    this.#assertUsable();
    const fed = new Map(flattenTree(inputs as Tree<Tensor>));
    const trace = this.#trace(this.#bind(fed));
    const session = await this.#session(trace);
    this.#assertUsable();
    const { inputs: used, stateInputs, randomInputs, outputs, stateOutputs } = trace.program;
    const given = new Map([...fed].map(([leaf, tensor]) => [inputName(leaf), tensor]));
    const feeds = used.map(({ name }) => given.get(name)!);
    const results = new Map<string, Tensor>();
    const fetches: Tensor[] = [];
    for (const [i, { expr }] of outputs.entries()) {
      const result = Tensor.zeros(expr.shape, expr.dtype);
      results.set(trace.outputLeaves[i]!, result);
      fetches.push(result);
    }
    const run = async () => {
      for (const { buffer } of stateInputs) feeds.push(this.#buffers.get(buffer)!.current);
      for (const input of trace.draws) {
        const numbers = draw(input, this.#randomSource());
        if (randomInputs.includes(input)) feeds.push(numbers);
      }
      for (const { buffer } of stateOutputs) fetches.push(this.#buffers.get(buffer)!.next);
      if (fetches.length > 0) await session.run(feeds, fetches);
    };
    const { state } = this.#signature;
    const written = stateOutputs.map(({ buffer }) => this.#buffers.get(buffer)!);
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

  /** The traced program for the given dimensions, as passed to backends. */
  traced(dimensions: Dimensions = {}): TracedProgram {
    return this.#trace(dimensions).program;
  }

  /** The ONNX model for the given dimensions. */
  onnx(dimensions: Dimensions = {}): Uint8Array<ArrayBuffer> {
    return this.#services.writeOnnx(this.traced(dimensions));
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
    if (random === undefined) throw new Error("the step draws random numbers: pass `random` to compile()");
    return random;
  }

  #assertUsable(): void {
    if (this.#disposed) throw new Error("the program is disposed: compile it again");
  }

  /** Checks the fed tensors against the signature and determines the named dimensions. */
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
    const created = this.#services.backend.compile(trace.program, this.#options);
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

/** The caller that requested the session receives the error. */
function ignoreFailedLoad(): void {}

function assertFinite(name: string, { dtype, data: elements }: Tensor): void {
  const data = dtype === "float16" ? float16ToFloat32(elements as Uint16Array) : elements;
  const at = (data as Float32Array).findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new RangeError(`input ${name} holds ${data[at]} at element ${at}`);
}
