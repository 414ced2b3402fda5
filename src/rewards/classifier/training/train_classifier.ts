/** Trains a reward classifier on labelled examples and chooses its decision on others. */
import { type CompileOptions, Random, Tensor } from "../../../tensor/index.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import type { SuccessDecision } from "../../config.ts";
import type { RewardClassifierConfig } from "../config.ts";
import type { ClassifierNetwork, ClassifierParameters } from "../network.ts";
import { cameraStatistics, imageNormalization } from "../normalization.ts";
import { RewardClassifier } from "../reward_classifier.ts";
import { BalancedFrames, labelTensor, shiftedImages } from "./batches.ts";
import type { Examples } from "./examples.ts";
import { FeatureCache } from "./feature_cache.ts";
import { FAILURE, SUCCESS } from "./labels.ts";
import { type ClassifierMetrics, chooseDecision, type JudgedLabels, measure } from "./metrics.ts";
import { type TrainedPart, trainingStep } from "./training_step.ts";

export interface TrainClassifierOptions {
  readonly config: RewardClassifierConfig;
  readonly training: Examples;
  /** Episodes by which the weights and the decision are chosen. */
  readonly heldOut: Examples;
  /** Default: 600. */
  readonly steps?: number;
  /** Half of it shows success. Default: 32. */
  readonly batchSize?: number;
  /** Equal seeds give equal classifiers on one machine. Default: 0. */
  readonly seed?: number;
  /** Images are shifted by up to this many pixels (DrQ). Default: 4. */
  readonly shift?: number;
  /** Shifted versions of every image whose features are cached, for an encoder that does not learn. Default: 4. */
  readonly variants?: number;
  /** Default: all. */
  readonly trained?: TrainedPart;
  readonly compile?: CompileOptions;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Ends training with its reason. */
  readonly signal?: AbortSignal;
}

export type TrainingProgress =
  /** Share of the images that the encoder has seen. */
  | { readonly phase: "encoding"; readonly done: number }
  /** `heldOutLoss` is that of the last time it was measured. */
  | {
      readonly phase: "training";
      readonly step: number;
      readonly loss: number;
      readonly heldOutLoss: number | undefined;
    };

export interface TrainedClassifier {
  readonly parameters: ClassifierParameters;
  readonly decision: SuccessDecision;
  /** On the held-out episodes, by which the decision was chosen: somewhat better than on others. */
  readonly metrics: ClassifierMetrics;
  /** Step after which the held-out loss was lowest; its weights are kept. */
  readonly bestStep: number;
}

/** Times that the held-out loss is measured. */
const MEASUREMENTS = 10;

/**
 * @throws Error for examples without success or without failure, or for weights of an encoder that cannot be had; the signal's
 *   reason.
 */
export async function trainClassifier(options: TrainClassifierOptions): Promise<TrainedClassifier> {
  const { config, training, heldOut, steps = 600, batchSize = 32, seed = 0, shift = 4, variants = 4 } = options;
  const { trained = "all", onProgress, signal } = options;
  if (config.num_classes !== 2)
    throw new Error(`training knows success and failure, not ${config.num_classes} classes`);
  const random = new Random(seed);
  const [initial, drawing, shifting, masks] = [random.fork(), random.fork(), random.fork(), random.fork()] as const;
  const normalization = imageNormalization(config, cameraStatistics(config));
  const compile = options.compile ?? {};
  const classifier = await RewardClassifier.create(config, { ...compile, random: initial, normalization });
  const { network } = classifier;
  const parameters = classifier.parameters();
  const frames = new BalancedFrames(training, drawing);
  const step = trainingStep({ config, network, parameters, normalization, trained, random: masks, compile });
  try {
    const cache = step.takesFeatures
      ? await FeatureCache.create(training, {
          ...{ network, parameters, normalization, shift, variants, random: shifting, compile, signal },
          onProgress: (done) => onProgress?.({ phase: "encoding", done }),
        })
      : undefined;
    const batchOf = (drawn: readonly number[]) =>
      cache?.batch(drawn) ?? {
        seen: shiftedBatch(network, training, drawn, { shift, random: shifting }),
        labels: labelTensor(drawn.length),
      };
    let best = { loss: Number.POSITIVE_INFINITY, step: 0, parameters, judged: [] as readonly JudgedLabels[] };
    let heldOutLoss: number | undefined;
    const every = Math.max(1, Math.floor(steps / MEASUREMENTS));
    for (let done = 1; done <= steps; done++) {
      signal?.throwIfAborted();
      const { loss } = await step.run(batchOf(frames.draw(batchSize)));
      if (done % every === 0 || done === steps) {
        const learned = step.parameters();
        classifier.setParameters(learned);
        const judged = await judgeExamples(classifier, heldOut);
        heldOutLoss = balancedLoss(judged);
        if (heldOutLoss < best.loss) best = { loss: heldOutLoss, step: done, parameters: learned, judged };
      }
      onProgress?.({ phase: "training", step: done, loss, heldOutLoss });
    }
    const decision = chooseDecision(best.judged);
    return { parameters: best.parameters, decision, metrics: measure(best.judged, decision), bestStep: best.step };
  } finally {
    await step.dispose();
    await classifier.close();
  }
}

function shiftedBatch(
  network: ClassifierNetwork,
  { images }: Examples,
  frames: readonly number[],
  shifts: { readonly shift: number; readonly random: Random },
): Record<string, Tensor> {
  return Object.fromEntries(
    network.cameras.map(({ key, shape }) => [key, shiftedImages(images[key]!, shape, frames, shifts)]),
  );
}

/** Images judged at once. */
const CHUNK = 16;

/** A classifier's probabilities for every episode of the examples. */
export async function judgeExamples(classifier: RewardClassifier, examples: Examples): Promise<JudgedLabels[]> {
  const probabilities = new Float32Array(examples.length);
  for (let from = 0; from < examples.length; from += CHUNK) {
    const count = Math.min(CHUNK, examples.length - from);
    const images = classifier.network.cameras.map(({ key, shape }) => {
      const size = sizeOf(shape);
      const part = examples.images[key]!.subarray(from * size, (from + count) * size);
      return [key, new Tensor("uint8", [count, ...shape], part)] as const;
    });
    probabilities.set(await classifier.probabilities(Object.fromEntries(images)), from);
  }
  return examples.episodes.map(({ from, to }) => ({
    labels: examples.labels.subarray(from, to),
    probabilities: probabilities.subarray(from, to),
  }));
}

/** The mean of the cross-entropies of frames with success and of those without. */
function balancedLoss(judged: readonly JudgedLabels[]): number {
  const losses: Record<number, number[]> = { [FAILURE]: [], [SUCCESS]: [] };
  for (const { labels, probabilities } of judged) {
    for (const [frame, label] of labels.entries()) {
      const right = label === SUCCESS ? probabilities[frame]! : 1 - probabilities[frame]!;
      losses[label]?.push(-Math.log(Math.max(right, 1e-7)));
    }
  }
  const means = Object.values(losses).filter((each) => each.length > 0);
  return means.reduce((sum, each) => sum + each.reduce((a, b) => a + b, 0) / each.length, 0) / means.length;
}
