/**
 * A program traces a function over symbolic tensors once per set of shapes, and a backend compiles each trace: named trees
 * of tensors in and out, with state that stays inside between runs. `compile` creates programs.
 */
import type { Backend, BackendOptions, Session } from "./backend.ts";
import { isFloat } from "./dtype.ts";
import { float16ToFloat32 } from "./half.ts";
import type { Expr } from "./ir/expr.ts";
import type { RandomInput, TracedProgram } from "./ir/traced_program.ts";
import { formatShape, type Shape } from "./shape.ts";
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
import { assertSameNames, flattenTree, leafReader, type MapTree, type Tree, treeBuilder } from "./tree.ts";

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
  readonly #names: readonly string[];
  readonly #readInputs: ReturnType<typeof leafReader>;
  /** Dimension names whose sizes come from the tensors of a run. */
  readonly #dimensions: readonly string[];
  readonly #signature: Signature<unknown, unknown>;
  /** The buffers of the state by name. */
  readonly #buffers: ReadonlyMap<string, StateBuffer>;
  readonly #services: ProgramServices;
  readonly #options: ProgramOptions;
  /** By the sizes of the dimensions. */
  readonly #plans = new Map<string, RunPlan>();
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
    this.#names = [...this.#specs.keys()];
    this.#readInputs = leafReader(signature.inputs);
    const sizes = [...this.#specs.values()].flatMap(({ shape }) => shape);
    this.#dimensions = [...new Set(sizes.filter((size) => typeof size === "string"))];
    if (this.#dimensions.length === 0) this.#plan([]);
  }

  /**
   * Runs the program once, advancing its state.
   *
   * @throws Error naming the tensor for a missing or unexpected name, a wrong shape or element type, a value that is not
   *   finite (with `checkFinite`), and after `dispose`. The state is then unchanged.
   */
  async run(inputs: MapTree<Inputs, TensorSpec, Tensor>): Promise<MapTree<Outputs, Expr, Tensor>> {
    this.#assertUsable();
    const tensors = this.#tensorsOf(inputs);
    const plan = this.#plan(this.#bind(tensors));
    if (plan.session === undefined) {
      await this.#load(plan);
      this.#assertUsable();
    }
    const outputs = plan.createOutputs();
    const { state } = this.#signature;
    try {
      if (state === undefined) await this.#execute(plan, tensors, outputs);
      else await state.advance(plan.written, () => this.#execute(plan, tensors, outputs));
    } catch (error) {
      // Disposing the program takes the session from a run under way.
      this.#assertUsable();
      throw error;
    }
    return plan.outputTree(outputs) as MapTree<Outputs, Expr, Tensor>;
  }

  /** Creates the session for the given dimensions ahead of the first run. */
  async load(dimensions: Dimensions = {}): Promise<this> {
    this.#assertUsable();
    await this.#load(this.#plan(this.#sizesOf(dimensions)));
    return this;
  }

  /** The traced program for the given dimensions, as passed to backends. */
  traced(dimensions: Dimensions = {}): TracedProgram {
    return this.#plan(this.#sizesOf(dimensions)).trace.program;
  }

  /** The ONNX model for the given dimensions. */
  onnx(dimensions: Dimensions = {}): Uint8Array<ArrayBuffer> {
    return this.#services.writeOnnx(this.traced(dimensions));
  }

  /** Frees the runtime's memory. The program cannot run afterwards. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const plan of this.#plans.values()) {
      const { loading } = plan;
      plan.loading = undefined;
      plan.session = undefined;
      await loading?.then((session) => session.release(), ignoreFailedLoad);
    }
  }

  #randomSource(): RandomSource {
    const { random } = this.#signature;
    if (random === undefined) throw new Error("the step draws random numbers: pass `random` to compile()");
    return random;
  }

  #assertUsable(): void {
    if (this.#disposed) throw new Error("the program is disposed: compile it again");
  }

  async #execute(plan: RunPlan, tensors: readonly Tensor[], outputs: readonly Tensor[]): Promise<void> {
    const feeds = plan.inputs.map((position) => tensors[position]!);
    for (const buffer of plan.read) feeds.push(buffer.current);
    for (const { input, isUsed } of plan.draws) {
      const numbers = draw(input, this.#randomSource());
      if (isUsed) feeds.push(numbers);
    }
    const fetches = [...outputs];
    for (const buffer of plan.written) fetches.push(buffer.next);
    if (fetches.length > 0) await plan.session!.run(feeds, fetches);
  }

  /** The fed tensors in the order of the names. */
  #tensorsOf(inputs: unknown): Tensor[] {
    const tensors: Tensor[] = [];
    if (this.#readInputs(inputs, tensors)) return tensors;
    const fed = new Map(flattenTree(inputs as Tree<Tensor>));
    assertSameNames(this.#names, [...fed.keys()], "the inputs");
    return this.#names.map((name) => fed.get(name)!);
  }

  /** Checks the fed tensors against the signature and determines the sizes of the dimensions. */
  #bind(tensors: readonly Tensor[]): number[] {
    const sizes: number[] = [];
    let index = 0;
    for (const [name, { shape, dtype }] of this.#specs) {
      const tensor = tensors[index++]!;
      if (!(tensor instanceof Tensor)) throw new TypeError(`input ${name} must be a Tensor`);
      if (tensor.dtype !== dtype) throw new TypeError(`input ${name} is ${tensor.dtype}, expected ${dtype}`);
      if (!this.#bindShape(tensor.shape, shape, sizes)) {
        const bound = this.#dimensions.flatMap((dim, i) => (sizes[i] === undefined ? [] : [`${dim} = ${sizes[i]}`]));
        const hint = bound.length > 0 ? ` (${bound.join(", ")})` : "";
        throw new RangeError(
          `input ${name} has shape ${formatShape(tensor.shape)}, expected [${shape.join(", ")}]${hint}`,
        );
      }
      if (this.#options.checkFinite === true && isFloat(dtype)) assertFinite(name, tensor);
    }
    return sizes;
  }

  /** Whether a tensor's shape is the expected one; enters the sizes of dimensions that have none yet. */
  #bindShape(actual: Shape, expected: TensorSpec["shape"], sizes: number[]): boolean {
    if (actual.length !== expected.length) return false;
    for (let axis = 0; axis < actual.length; axis++) {
      let size = expected[axis]!;
      if (typeof size === "string") {
        const dimension = this.#dimensions.indexOf(size);
        sizes[dimension] ??= actual[axis]!;
        size = sizes[dimension]!;
      }
      if (size !== actual[axis]) return false;
    }
    return true;
  }

  async #load(plan: RunPlan): Promise<void> {
    if (plan.loading === undefined) {
      plan.loading = this.#services.backend.compile(plan.trace.program, this.#options);
      // A failed load is not kept: the next run may succeed.
      plan.loading.catch(() => {
        plan.loading = undefined;
      });
    }
    plan.session = await plan.loading;
  }

  /** In the order of the dimensions; a missing one is undefined. */
  #sizesOf(dimensions: Dimensions): number[] {
    const unknown = Object.keys(dimensions).find((dim) => !this.#dimensions.includes(dim));
    if (unknown !== undefined) throw new RangeError(`no input has a dimension named "${unknown}"`);
    return this.#dimensions.map((dim) => dimensions[dim]!);
  }

  #plan(sizes: readonly number[]): RunPlan {
    const key = sizes.join();
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const dimensions = Object.fromEntries(this.#dimensions.map((dim, i) => [dim, sizes[i]!]));
    const trace = traceStep(this.#step, this.#signature, dimensions);
    const created = new RunPlan(trace, this.#names, this.#buffers);
    this.#plans.set(key, created);
    return created;
  }
}

/** A trace with its session, and what its runs have in common. */
class RunPlan {
  readonly trace: Trace;
  loading: Promise<Session> | undefined;
  session: Session | undefined;
  /** Positions, among all inputs, of those that the program uses. */
  readonly inputs: readonly number[];
  readonly draws: readonly { readonly input: RandomInput; readonly isUsed: boolean }[];
  /** Buffers of the state that a run reads, and those that it writes. */
  readonly read: readonly StateBuffer[];
  readonly written: readonly StateBuffer[];
  readonly outputTree: (outputs: readonly Tensor[]) => unknown;

  constructor(trace: Trace, names: readonly string[], buffers: ReadonlyMap<string, StateBuffer>) {
    const { inputs, stateInputs, randomInputs, stateOutputs } = trace.program;
    const positions = new Map(names.map((leaf, position) => [inputName(leaf), position]));
    this.trace = trace;
    this.inputs = inputs.map(({ name }) => positions.get(name)!);
    this.draws = trace.draws.map((input) => ({ input, isUsed: randomInputs.includes(input) }));
    this.read = stateInputs.map(({ buffer }) => buffers.get(buffer)!);
    this.written = stateOutputs.map(({ buffer }) => buffers.get(buffer)!);
    this.outputTree = treeBuilder(trace.outputTree);
  }

  createOutputs(): Tensor[] {
    return this.trace.program.outputs.map(({ expr: { shape, dtype } }) => Tensor.zeros(shape, dtype));
  }
}

/** The caller that requested the session receives the error. */
function ignoreFailedLoad(): void {}

function assertFinite(name: string, { dtype, data: elements }: Tensor): void {
  const data = dtype === "float16" ? float16ToFloat32(elements as Uint16Array) : elements;
  const at = (data as Float32Array).findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new RangeError(`input ${name} holds ${data[at]} at element ${at}`);
}
