/**
 * Shared base of policies whose weights are one tree of tensors and whose action is a compiled program: named weights,
 * saving, exploration, export. A subclass defines the action. Only this folder uses the class: the actor sees a
 * `Policy`.
 */
import {
  type CompileOptions,
  compile,
  constant,
  type Expr,
  type MapTree,
  mapTree,
  type Program,
  Random,
  type RandomInputs,
  State,
  spec,
  type Tensor,
  type TensorSpec,
} from "../tensor/index.ts";
import type { Metadata, TensorRecord } from "../tensor/safetensors/layout.ts";
import { namedByPath } from "./named_by_path.ts";
import type {
  ActOptions,
  ParameterNaming,
  PolicyConfig,
  PolicyOptions,
  PolicyResetOptions,
  TrainablePolicy,
} from "./policy.ts";
import { writePretrained } from "./pretrained_files.ts";

/** Symbolic weights, as steps see them. */
export type SymbolicParameters<Parameters> = MapTree<Parameters, Tensor, Expr>;

type ActionProgram = Program<{ observation: Record<string, TensorSpec> }, { action: Expr }>;

export abstract class CompiledPolicy<Config extends PolicyConfig, Parameters>
  implements TrainablePolicy<Config, Parameters>
{
  readonly config: Config;
  readonly random: Random;
  readonly naming: ParameterNaming<Parameters>;
  readonly #state: State<Parameters>;
  readonly #options: CompileOptions;
  readonly #programs = new Map<boolean, ActionProgram>();
  #disposed = false;

  /**
   * @param initial The first weights; may draw from the generator.
   * @param naming Names of the weights. Default: their paths in the tree.
   */
  constructor(
    config: Config,
    options: PolicyOptions,
    initial: (random: Random) => Parameters,
    naming: ParameterNaming<Parameters> = namedByPath(),
  ) {
    const { random = new Random(0), warn: _, ...compileOptions } = options;
    this.config = config;
    this.random = random;
    this.naming = naming;
    this.#options = compileOptions;
    this.#state = new State(initial(random));
  }

  /**
   * The action of a batch of observations, as `Policy.act` returns it: `[batch, n]` or `[batch, horizon, n]`.
   *
   * @param random Source of exploration noise; undefined: the deterministic action.
   */
  protected abstract action(
    weights: SymbolicParameters<Parameters>,
    observation: Readonly<Record<string, Expr>>,
    random: RandomInputs | undefined,
  ): Expr;

  /** Metadata of `model.safetensors`. */
  protected weightsMetadata(): Metadata {
    return { format: "pt" };
  }

  parameters(): Parameters {
    return this.#state.read();
  }

  /** Replaces the result of `parameters`. @throws Error for a tree of another form; the weights are then unchanged. */
  protected setParameters(parameters: Parameters): void {
    this.#state.write(parameters);
  }

  weights(): TensorRecord {
    return this.naming.toWeights(this.parameters());
  }

  loadWeights(weights: TensorRecord, source = "the state dict"): void {
    this.#state.write(this.naming.fromWeights(weights, this.#state.like, source));
  }

  async savePretrained(folder: string, weights?: TensorRecord): Promise<void> {
    const given = weights && this.naming.fromWeights(weights, this.#state.like, "the weights to save");
    const tensors = this.naming.toWeights(given ?? this.parameters());
    await writePretrained(folder, this.config, tensors, this.weightsMetadata());
  }

  async act(observation: TensorRecord, { deterministic = false }: ActOptions = {}): Promise<Tensor<"float32">> {
    if (this.#disposed) throw new Error("the policy is disposed: create or load it again");
    const inputs: Record<string, Tensor> = {};
    for (const key of Object.keys(this.config.input_features)) {
      const tensor = observation[key];
      if (tensor === undefined) {
        const given = Object.keys(observation).join(", ") || "nothing";
        throw new Error(`the observation has no "${key}", which the policy needs; it has ${given}`);
      }
      inputs[key] = tensor;
    }
    const { action } = await this.#program(deterministic).run({ observation: inputs });
    return action as Tensor<"float32">;
  }

  reset({ random }: PolicyResetOptions = {}): void {
    if (random !== undefined) this.random.state = random.state;
  }

  exportOnnx(batch = 1): Uint8Array<ArrayBuffer> {
    const parameters = this.parameters();
    const program = compile(
      ({ inputs }) => {
        const weights = mapTree<Parameters, Tensor, Expr>(parameters, (tensor) => constant(tensor));
        return { outputs: { action: this.action(weights, inputs, undefined) } };
      },
      { inputs: this.#specs(batch) },
    );
    return program.onnx();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const program of this.#programs.values()) await program.dispose();
    this.#programs.clear();
  }

  #program(deterministic: boolean): ActionProgram {
    const known = this.#programs.get(deterministic);
    if (known !== undefined) return known;
    const program = compile(
      ({ inputs: { observation }, state, random }) => {
        return { outputs: { action: this.action(state, observation, deterministic ? undefined : random) } };
      },
      { inputs: { observation: this.#specs("batch") }, state: this.#state, random: this.random },
      this.#options,
    );
    this.#programs.set(deterministic, program);
    return program;
  }

  #specs(batch: number | string): Record<string, TensorSpec> {
    const features = Object.entries(this.config.input_features);
    return Object.fromEntries(features.map(([key, { shape }]) => [key, spec([batch, ...shape])]));
  }
}
