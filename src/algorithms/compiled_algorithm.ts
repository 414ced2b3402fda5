/**
 * Shared base of algorithms whose state is one tree of tensors and whose steps are compiled programs: named weights and
 * state, saving and restoring, the update counter. A subclass defines the state, the policy's part in it, and one update.
 * Only this folder uses the class: the trainer sees an `RLAlgorithm`.
 */
import type { ParameterNaming, ParametersOf, TrainablePolicy } from "../policies/policy.ts";
import { assertTensorsFit } from "../policies/tensor_fit.ts";
import {
  type CompileOptions,
  compile,
  flattenTree,
  type Program,
  Random,
  type RandomSource,
  type RandomState,
  State,
  type StepArguments,
  type StepResult,
  spec,
  type Tensor,
  type TensorSpec,
  type Tree,
  treeFromNames,
} from "../tensor/index.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { BatchIterator, RLAlgorithm, TrainingState } from "./algorithm.ts";
import type { RLAlgorithmConfig } from "./config.ts";
import type { TrainingStats } from "./training_stats.ts";

export interface CompiledAlgorithmOptions extends CompileOptions {
  /** Source of all random numbers in training. Default: seed 0. */
  readonly random?: Random;
  /** Replaces drawn noise by recorded noise, to compare with another implementation. */
  readonly noise?: RandomSource;
}

/** The complete trained state, including the optimisers' moments. */
export interface LearnedState {
  readonly optimizers: unknown;
}

export abstract class CompiledAlgorithm<Learned extends LearnedState, P extends TrainablePolicy = TrainablePolicy>
  implements RLAlgorithm
{
  abstract readonly config: RLAlgorithmConfig;
  readonly policyConfig: P["config"];
  readonly random: Random;
  /** A subclass counts every completed update here. */
  protected updates = 0;
  protected readonly state: State<Learned>;
  readonly #naming: ParameterNaming<ParametersOf<P>>;
  readonly #noise: RandomSource;
  readonly #options: CompileOptions;
  readonly #programs: Program[] = [];

  /** @param initial The state before the first update; may draw from the generator. */
  constructor(
    policy: P,
    options: CompiledAlgorithmOptions,
    initial: (policy: ParametersOf<P>, random: Random) => Learned,
  ) {
    const { random = new Random(0), noise = random, ...compileOptions } = options;
    this.policyConfig = policy.config;
    this.random = random;
    this.#noise = noise;
    this.#options = compileOptions;
    this.#naming = policy.naming as ParameterNaming<ParametersOf<P>>;
    this.state = new State(initial(policy.parameters() as ParametersOf<P>, random));
  }

  abstract readonly batchesPerUpdate: number;
  abstract update(batches: BatchIterator): Promise<TrainingStats>;

  /** The policy's part of the state. */
  protected abstract policyOf(state: Learned): ParametersOf<P>;
  /** The state with its policy replaced. */
  protected abstract withPolicy(state: Learned, policy: ParametersOf<P>): Learned;
  /** Trained tensors besides the policy, by name. Default: none. */
  protected ownTensors(_state: Learned): TensorRecord {
    return {};
  }
  /** The state with `ownTensors` replaced by tensors of the same names and shapes. */
  protected withOwnTensors(state: Learned, _tensors: TensorRecord): Learned {
    return state;
  }

  /** The optimisers' state by name. */
  protected optimizerTensors(state: Learned): TensorRecord {
    return Object.fromEntries(flattenTree(state.optimizers as Tree<Tensor>));
  }
  /** The optimisers' state from tensors of the same names and shapes. */
  protected optimizersFrom(tensors: TensorRecord, state: Learned): Learned["optimizers"] {
    return treeFromNames(state.optimizers, new Map(Object.entries(tensors)));
  }

  get optimizationStep(): number {
    return this.updates;
  }

  undoUpdate(): boolean {
    if (!this.state.undo()) return false;
    this.updates -= 1;
    return true;
  }

  weights(): TensorRecord {
    return this.#naming.toWeights(this.policyOf(this.state.read()));
  }

  loadWeights(weights: TensorRecord): void {
    const state = this.state.read();
    const policy = this.#naming.fromWeights(weights, this.policyOf(state), "the weights");
    this.state.write(this.withPolicy(state, policy));
  }

  stateDict(): TensorRecord {
    return this.ownTensors(this.state.read());
  }

  loadStateDict(tensors: TensorRecord): void {
    const state = this.state.read();
    assertTensorsFit(this.ownTensors(state), tensors, "the algorithm's state dict");
    this.state.write(this.withOwnTensors(state, tensors));
  }

  trainingState(): TrainingState {
    return {
      optimizers: this.optimizerTensors(this.state.read()),
      optimizationStep: this.updates,
      random: this.random.state,
    };
  }

  loadTrainingState({ optimizers, optimizationStep, random }: TrainingState): void {
    const state = this.state.read();
    assertTensorsFit(this.optimizerTensors(state), optimizers, "the optimisers' state");
    const restored = this.optimizersFrom(optimizers, state);
    const generator = Random.fromState(random as unknown as RandomState);
    this.state.write({ ...state, optimizers: restored });
    this.random.state = generator.state;
    this.updates = optimizationStep;
  }

  async dispose(): Promise<void> {
    for (const program of this.#programs) await program.dispose();
  }

  /** Compiles a step on this algorithm's state and generator; `dispose` frees it. */
  protected compileStep<Inputs, Outputs>(
    step: (args: StepArguments<Inputs, Learned>) => StepResult<Outputs>,
    inputs: Inputs,
  ): Program<Inputs, Outputs> {
    const program = compile(step, { inputs, state: this.state, random: this.#noise }, this.#options);
    this.#programs.push(program as Program);
    return program;
  }

  /** The policy's input features as inputs of a step, `["batch", …shape]`. */
  protected observationSpecs(): Record<string, TensorSpec> {
    const features = Object.entries(this.policyConfig.input_features);
    return Object.fromEntries(features.map(([key, { shape }]) => [key, spec(["batch", ...shape])]));
  }

  /** The policy's input features among the given ones. @throws Error naming the first that is missing. */
  protected inputFeatures(given: TensorRecord, what: string): Record<string, Tensor> {
    return Object.fromEntries(
      Object.keys(this.policyConfig.input_features).map((key) => {
        const tensor = given[key];
        if (tensor !== undefined) return [key, tensor];
        throw new Error(`the batch's ${what} has no "${key}"; it has ${Object.keys(given).join(", ") || "nothing"}`);
      }),
    );
  }
}
