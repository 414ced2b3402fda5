/** The parts of ONNX Runtime's JavaScript API shared by the Node and web backends. */
import type * as Ort from "onnxruntime-node";
import type { BackendOptions, Session } from "../../backend.ts";
import type { DType } from "../../dtype.ts";
import type { Tensor } from "../../tensor.ts";

export interface OrtModule extends Pick<typeof Ort, "InferenceSession" | "Tensor"> {
  /** Whether `run` writes into the output tensors passed to it; the WebAssembly build does not. */
  readonly fillsGivenOutputs: boolean;
}

export async function createSession(
  ort: OrtModule,
  model: Uint8Array<ArrayBuffer>,
  executionProvider: string,
  { threads, profile }: BackendOptions,
): Promise<Session> {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [executionProvider],
    graphOptimizationLevel: "all",
    executionMode: "sequential",
    // Errors are thrown; the runtime need not print them as well.
    logSeverityLevel: 4,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 }),
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  });
  return new OnnxRuntimeSession(ort, session, profile !== undefined);
}

/** The element types that ONNX Runtime's JavaScript tensors can carry. */
const UNSUPPORTED: ReadonlySet<DType> = new Set(["bfloat16"]);

class OnnxRuntimeSession implements Session {
  readonly #ort: OrtModule;
  readonly #session: Ort.InferenceSession;
  readonly #profiling: boolean;
  /** Carried state is fed and fetched in every run: wrap each tensor once. */
  readonly #wrapped = new WeakMap<Tensor, Ort.Tensor>();

  constructor(ort: OrtModule, session: Ort.InferenceSession, profiling: boolean) {
    this.#ort = ort;
    this.#session = session;
    this.#profiling = profiling;
  }

  async run(feeds: readonly Tensor[], fetches: readonly Tensor[]): Promise<void> {
    // A model has its program's inputs and outputs in the program's order.
    const { inputNames, outputNames } = this.#session;
    if (this.#ort.fillsGivenOutputs) {
      await this.#session.run(this.#wrapAll(inputNames, feeds), this.#wrapAll(outputNames, fetches));
      return;
    }
    const results = await this.#session.run(this.#wrapAll(inputNames, feeds), outputNames);
    for (const [i, target] of fetches.entries()) {
      (target.data as Uint8Array).set(results[outputNames[i]!]!.data as Uint8Array);
    }
  }

  async release(): Promise<void> {
    if (this.#profiling) this.#session.endProfiling();
    await this.#session.release();
  }

  #wrapAll(names: readonly string[], tensors: readonly Tensor[]): Record<string, Ort.Tensor> {
    const wrapped: Record<string, Ort.Tensor> = {};
    for (const [i, tensor] of tensors.entries()) wrapped[names[i]!] = this.#wrap(tensor, names[i]!);
    return wrapped;
  }

  #wrap(tensor: Tensor, name: string): Ort.Tensor {
    const known = this.#wrapped.get(tensor);
    if (known !== undefined) return known;
    if (UNSUPPORTED.has(tensor.dtype)) throw new TypeError(`${name}: ${tensor.dtype} tensors cannot be fed to a model`);
    const created = new this.#ort.Tensor(tensor.dtype as "float32", tensor.data as Float32Array, tensor.shape);
    this.#wrapped.set(tensor, created);
    return created;
  }
}
