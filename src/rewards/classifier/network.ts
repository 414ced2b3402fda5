/** The reward classifier's network as pure functions of its parameters, which are named as in LeRobot's `Classifier`. */
import { type Expr, nn, ops, type Random, type Shape } from "../../tensor/index.ts";
import { type ImageEncoder, imageEncoder, spatialEmbedding } from "../../vision/index.ts";
import { cameraFeatures, type RewardClassifierConfig } from "./config.ts";

export type ClassifierParameters = {
  /** Shared by all cameras. */
  readonly encoder: nn.Parameters;
  /** The layers after the encoder, by camera (dots replaced by underscores). */
  readonly encoders: Readonly<Record<string, nn.Parameters>>;
  readonly classifier_head: nn.Parameters;
};

/** Symbolic tensors per camera: images `[batch, channels, height, width]`, or the encoder's output for them. */
export type PerCamera = Readonly<Record<string, Expr>>;

interface Camera {
  readonly key: string;
  /** The key as it appears in tensor names. */
  readonly name: string;
  /** `[channels, height, width]` */
  readonly shape: Shape;
}

export class ClassifierNetwork {
  /** In the order of the features, in which their encodings are concatenated. */
  readonly cameras: readonly Camera[];
  readonly encoder: ImageEncoder;
  readonly #config: RewardClassifierConfig;
  readonly #head: nn.Module;

  constructor(config: RewardClassifierConfig) {
    this.#config = config;
    this.cameras = cameraFeatures(config).map(([key, shape]) => ({ key, name: key.replaceAll(".", "_"), shape }));
    this.encoder = imageEncoder(config.model_name, {
      channels: this.cameras[0]!.shape[0]!,
      hiddenChannels: config.image_encoder_hidden_dim,
    });
    const { hidden_dim, latent_dim, num_classes, dropout_rate } = config;
    this.#head = nn.sequential([
      nn.linear(latent_dim * this.cameras.length, hidden_dim),
      nn.dropout(dropout_rate),
      nn.layerNorm(hidden_dim),
      ops.relu,
      nn.linear(hidden_dim, num_classes === 2 ? 1 : num_classes),
    ]);
  }

  init(random: Random): ClassifierParameters {
    const encoder = this.encoder.module.init(random);
    const shapes = this.featureShapes(encoder);
    const encoders = this.cameras.map(({ key, name }) => [name, this.#projection(shapes[key]!).init(random)] as const);
    return {
      encoder,
      encoders: Object.fromEntries(encoders),
      classifier_head: this.#head.init(random),
    };
  }

  /** Shape of the encoder's output per camera, `[features, height, width]`. */
  featureShapes(encoder: nn.Parameters): Readonly<Record<string, Shape>> {
    return Object.fromEntries(
      this.cameras.map(({ key, shape }) => [key, nn.outputShape(this.encoder.module, encoder, [1, ...shape]).slice(1)]),
    );
  }

  /** The shared encoder's output for normalised images. Cameras of one size share one pass. */
  features(encoder: nn.Symbolic<nn.Parameters>, images: PerCamera): PerCamera {
    const sizes = new Set(this.cameras.map(({ shape }) => shape.join()));
    const encoded = [...sizes].flatMap((size) => {
      const cameras = this.cameras.filter(({ shape }) => shape.join() === size);
      const parts = cameras.map(({ key }) => images[key]!);
      const together = this.encoder.module.apply(encoder, ops.concat(parts));
      const batches = parts.map(({ shape }) => shape[0]!);
      return ops.split(together, batches).map((part, i) => [cameras[i]!.key, part] as const);
    });
    return Object.fromEntries(encoded);
  }

  /** Every camera's encoding in one row, from the encoder's output: `[batch, cameras · latent_dim]`. */
  latents(
    encoders: nn.Symbolic<ClassifierParameters["encoders"]>,
    features: PerCamera,
    context?: nn.ApplyContext,
  ): Expr {
    const parts = this.cameras.map(({ key, name }) => {
      const seen = features[key]!;
      return this.#projection(seen.shape.slice(1)).apply(encoders[name]!, seen, context);
    });
    return ops.concat(parts, -1);
  }

  /** `[batch]` logits of success, or `[batch, classes]` if there are more than two. */
  head(parameters: nn.Symbolic<nn.Parameters>, latents: Expr, context?: nn.ApplyContext): Expr {
    const logits = this.#head.apply(parameters, latents, context);
    return this.#config.num_classes === 2 ? logits.reshape([-1]) : logits;
  }

  /** Logits of normalised images, as {@link head} returns them. */
  apply(parameters: nn.Symbolic<ClassifierParameters>, images: PerCamera, context?: nn.ApplyContext): Expr {
    const features = this.features(parameters.encoder, images);
    return this.head(parameters.classifier_head, this.latents(parameters.encoders, features, context), context);
  }

  /** The layers of one camera after the encoder. The encoder has the number 0. */
  #projection(features: Shape): nn.Module {
    const { image_embedding_pooling_dim: maps, latent_dim, dropout_rate } = this.#config;
    return nn.sequential([
      (encoded) => encoded,
      spatialEmbedding(features, maps),
      nn.dropout(dropout_rate),
      nn.linear(features[0]! * maps, latent_dim),
      nn.layerNorm(latent_dim),
      ops.tanh,
    ]);
  }
}

/** The probability of success: that of the last class. @param logits `[batch]` or `[batch, classes]`. @returns `[batch]` */
export function successProbability(logits: Expr): Expr {
  if (logits.rank === 1) return ops.sigmoid(logits);
  return ops.at(ops.softmax(logits).transpose([1, 0]), -1);
}

/**
 * LeRobot's loss: binary cross-entropy of one logit, cross-entropy of several.
 *
 * @param labels `[batch]`: 0 or 1, or the class.
 */
export function classifierLoss(logits: Expr, labels: Expr): Expr {
  if (logits.rank === 1) return ops.softplus(logits).sub(logits.mul(labels)).mean();
  const classes = labels.cast("int64").reshape([-1, 1]);
  return ops.takeAlongAxis(ops.logSoftmax(logits), classes, 1).mean().neg();
}
