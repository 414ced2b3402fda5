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
  type Expr,
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
import { type CarriedAverage, hasAverage, initialAverage, nextAverage, symbolicPolicy } from "./compiled_average.ts";
import type { RLAlgorithmConfig } from "./config.ts";
import type { TrainingStats } from "./training_stats.ts";
import { assertDecay } from "./weight_average.ts";

export interface CompiledAlgorithmOptions extends CompileOptions {
  /** Source of all random numbers in training. Default: seed 0. */
  readonly random?: Random;
  /** Replaces drawn noise by recorded noise, to compare with another implementation. */
  readonly noise?: RandomSource;
  /** The decay of `averagedWeights`, in [0, 1). Default: none is kept. */
  readonly weightAverage?: number;
}

/** The complete trained state, including the optimisers' moments. */
export interface LearnedState {
  readonly optimizers: unknown;
  /** The average of the policy's weights: this class adds it. */
  readonly weightAverage?: never;
}

/** What `state` holds if there is an average. */
type WithAverage<Learned, P> = Omit<Learned, "weightAverage"> & { readonly weightAverage: CarriedAverage<P> };

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
  readonly #updateSteps: Program[] = [];
  /** Decay of the average. undefined: none is carried. */
  readonly #decay: number | undefined;
  /** Whether updates move the average: it is a part of `compileUpdateStep`. */
  #isAveraged = false;

  /**
   * @param initial The state before the first update; may draw from the generator.
   * @throws RangeError for a `weightAverage` out of its range.
   */
  constructor(
    policy: P,
    options: CompiledAlgorithmOptions,
    initial: (policy: ParametersOf<P>, random: Random) => Learned,
  ) {
    const { random = new Random(0), noise = random, weightAverage, ...compileOptions } = options;
    this.policyConfig = policy.config;
    this.random = random;
    this.#noise = noise;
    this.#options = compileOptions;
    this.#naming = policy.naming as ParameterNaming<ParametersOf<P>>;
    const parameters = policy.parameters() as ParametersOf<P>;
    const learned = initial(parameters, random);
    if (weightAverage !== undefined) assertDecay(weightAverage);
    this.#decay = hasAverage(parameters) ? weightAverage : undefined;
    const carried = this.#decay === undefined ? {} : { weightAverage: initialAverage(parameters) };
    this.state = new State({ ...learned, ...carried });
  }

  abstract readonly batchesPerUpdate: number;
  abstract update(batches: BatchIterator): Promise<TrainingStats>;

  /** The policy's part of the state: an arrangement of the state's tensors. */
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

  async prepare(batchSize: number): Promise<void> {
    await Promise.all(this.#updateSteps.map((program) => program.load({ batch: batchSize })));
  }

  undoUpdate(): boolean {
    if (!this.state.undo()) return false;
    this.updates -= 1;
    return true;
  }

  weights(): TensorRecord {
    return this.#naming.toWeights(this.policyOf(this.#read().learned));
  }

  loadWeights(weights: TensorRecord): void {
    const { learned, average } = this.#read();
    const policy = this.#naming.fromWeights(weights, this.policyOf(learned), "the weights");
    this.#write(this.withPolicy(learned, policy), average);
  }

  averagedWeights(): TensorRecord | undefined {
    return this.#isAveraged ? this.#naming.toWeights(this.#read().average!.policy) : undefined;
  }

  loadAveragedWeights(weights: TensorRecord): void {
    const { learned, average } = this.#read();
    if (average === undefined) throw new Error("the algorithm keeps no average: create it with `weightAverage`");
    const policy = this.#naming.fromWeights(weights, average.policy, "the averaged weights");
    this.#write(learned, { ...average, policy });
  }

  stateDict(): TensorRecord {
    return this.ownTensors(this.#read().learned);
  }

  loadStateDict(tensors: TensorRecord): void {
    const { learned, average } = this.#read();
    assertTensorsFit(this.ownTensors(learned), tensors, "the algorithm's state dict");
    this.#write(this.withOwnTensors(learned, tensors), average);
  }

  trainingState(): TrainingState {
    return {
      optimizers: this.optimizerTensors(this.#read().learned),
      optimizationStep: this.updates,
      random: this.random.state,
    };
  }

  loadTrainingState({ optimizers, optimizationStep, random }: TrainingState): void {
    const { learned, average } = this.#read();
    assertTensorsFit(this.optimizerTensors(learned), optimizers, "the optimisers' state");
    const restored = this.optimizersFrom(optimizers, learned);
    const generator = Random.fromState(random as unknown as RandomState);
    const counted = average && initialAverage(average.policy, optimizationStep);
    this.#write({ ...learned, optimizers: restored }, counted);
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

  /**
   * Compiles a step that is a whole update, but for what is computed in JavaScript: every `update` runs one such step, and no
   * more. The average of the policy's weights is then a part of it; otherwise the learner averages after each update.
   */
  protected compileUpdateStep<Inputs, Outputs>(
    step: (args: StepArguments<Inputs, Learned>) => StepResult<Outputs>,
    inputs: Inputs,
  ): Program<Inputs, Outputs> {
    this.#isAveraged = this.#decay !== undefined;
    const whole = this.#decay === undefined ? step : this.#withAverage(step, this.#decay);
    const program = this.compileStep(whole, inputs);
    this.#updateSteps.push(program as Program);
    return program;
  }

  /** The step, and then the average of what it made of the policy. */
  #withAverage<Inputs, Outputs>(
    step: (args: StepArguments<Inputs, Learned>) => StepResult<Outputs>,
    decay: number,
  ): typeof step {
    return (args) => {
      const { outputs, state = {} } = step(args);
      const before = args.state as unknown as { readonly weightAverage: never };
      const traced = new Map([...flattenTree<Expr>(args.state as Tree<Expr>), ...flattenTree<Expr>(state)]);
      const latest = symbolicPolicy((learned) => this.policyOf(learned), this.#read().learned, traced);
      const weightAverage = nextAverage<ParametersOf<P>>(before.weightAverage, latest, decay);
      return { outputs, state: { ...(state as object), weightAverage } as Tree<Expr> };
    };
  }

  #read(): { readonly learned: Learned; readonly average: CarriedAverage<ParametersOf<P>> | undefined } {
    const { weightAverage, ...learned } = this.state.read() as unknown as WithAverage<Learned, ParametersOf<P>>;
    return { learned: learned as Learned, average: weightAverage };
  }

  #write(learned: Learned, average: CarriedAverage<ParametersOf<P>> | undefined): void {
    this.state.write(average === undefined ? learned : ({ ...learned, weightAverage: average } as unknown as Learned));
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
