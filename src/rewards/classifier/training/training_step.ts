/** One compiled step of training: loss, gradient, AdamW. */
import {
  type CompileOptions,
  compile,
  type Expr,
  type nn,
  ops,
  optim,
  type Program,
  type Random,
  type RandomInputs,
  State,
  spec,
  type Tensor,
  type TensorSpec,
  valueAndGrad,
} from "../../../tensor/index.ts";
import type { RewardClassifierConfig } from "../config.ts";
import { type ClassifierNetwork, type ClassifierParameters, classifierLoss } from "../network.ts";
import type { ImageNormalization } from "../normalization.ts";
import { imageSpecs, normalized } from "../reward_classifier.ts";

/**
 * What learns. `all`: all layers but a pretrained encoder. `head`: the layers after the cameras' only, which is what
 * LeRobot 0.6 trains; the others stay as they were initialised.
 */
export type TrainedPart = "all" | "head";

type Inputs = { readonly seen: Record<string, TensorSpec>; readonly labels: TensorSpec };
type Outputs = { readonly loss: Expr; readonly norm: Expr };

export interface TrainingStep {
  /** The encoder does not learn, so the step takes its output instead of images. */
  readonly takesFeatures: boolean;
  /**
   * Takes `seen`, by camera the encoder's output or 8-bit images with a batch dimension, and `labels`, `[batch]`.
   *
   * @returns The loss, and the norm of the gradient before it is clipped.
   */
  run(inputs: { readonly seen: Readonly<Record<string, Tensor>>; readonly labels: Tensor }): Promise<{
    readonly loss: number;
    readonly norm: number;
  }>;
  /** A copy of all parameters. */
  parameters(): ClassifierParameters;
  dispose(): Promise<void>;
}

export interface TrainingStepOptions {
  readonly config: RewardClassifierConfig;
  readonly network: ClassifierNetwork;
  /** The first ones. */
  readonly parameters: ClassifierParameters;
  readonly normalization: ImageNormalization;
  readonly trained: TrainedPart;
  /** Source of the dropout masks; undefined: no dropout. */
  readonly random: Random | undefined;
  readonly compile?: CompileOptions;
}

export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const { config, network, parameters, normalization, trained, random } = options;
  const takesFeatures = trained === "head" || network.encoder.isPretrained;
  const { encoder, encoders, classifier_head } = parameters;
  const learning = {
    ...(takesFeatures ? {} : { encoder }),
    ...(trained === "head" ? {} : { encoders }),
    classifier_head,
  };
  const fixed = trained === "head" ? { encoders } : {};
  const optimizer = optim.adamW({ learningRate: config.learning_rate, weightDecay: config.weight_decay });
  const state = new State({ learning, fixed, optimizer: optimizer.init(learning) });
  const inputs: Inputs = {
    seen: takesFeatures ? featureSpecs(network, encoder) : imageSpecs(network, "batch"),
    labels: spec(["batch"]),
  };
  const program: Program<Inputs, Outputs> = compile(
    ({ inputs: { seen, labels }, state, random: draws }): { outputs: Outputs; state: never } => {
      const context = random === undefined ? {} : dropoutFrom(draws);
      const [loss, gradients] = valueAndGrad((weights: typeof state.learning) => {
        const all = { ...state.fixed, ...weights } as nn.Symbolic<ClassifierParameters>;
        const features = takesFeatures ? seen : network.features(all.encoder, normalized(seen, normalization));
        const logits = network.head(all.classifier_head, network.latents(all.encoders, features, context), context);
        return classifierLoss(logits, labels);
      }, state.learning);
      const clipped = optim.clipByGlobalNorm(gradients, config.grad_clip_norm);
      const updated = optimizer.update(clipped.gradients, state.optimizer, state.learning);
      return {
        outputs: { loss, norm: clipped.norm },
        state: { learning: updated.parameters, optimizer: updated.state } as never,
      };
    },
    { inputs, state, ...(random === undefined ? {} : { random }) },
    options.compile,
  );
  return {
    takesFeatures,
    async run(given) {
      const { loss, norm } = await program.run(given as never);
      return { loss: (loss as Tensor).item(), norm: (norm as Tensor).item() };
    },
    parameters: () => ({ ...parameters, ...state.read().learning }),
    dispose: () => program.dispose(),
  };
}

function featureSpecs(network: ClassifierNetwork, encoder: nn.Parameters): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(network.featureShapes(encoder)).map(([key, shape]) => [key, spec(["batch", ...shape])]),
  );
}

function dropoutFrom(random: RandomInputs): nn.ApplyContext {
  return { dropoutMask: (shape, rate) => ops.greaterEqual(random.uniform(shape), rate).cast("float32") };
}
