/** Encodes cameras, environment state and robot state for the policy and its critics, and concatenates them. */
import type { PolicyFeatures } from "../../config/schema/features.ts";
import { type Expr, nn, ops, type Random, type Shape, type Tensor, type Tree } from "../../tensor/index.ts";
import { imageEncoder, spatialEmbedding } from "../../vision/index.ts";
import type { GaussianActorConfig } from "./config.ts";

/** LeRobot's fixed rate in front of the image projections. */
const IMAGE_DROPOUT_RATE = 0.1;

/** Symbolic observations by feature name, `[batch, …shape]`, normalised. */
export type Observation = Readonly<Record<string, Expr>>;
export type EncoderParameters = nn.Parameters;

interface Camera {
  readonly key: string;
  /** The key as it appears in LeRobot's tensor names. */
  readonly name: string;
  readonly shape: Shape;
}

/** Config keys that the encoder needs; another policy with cameras may have the same keys. */
export type ObservationEncoderConfig = Pick<
  GaussianActorConfig,
  "input_features" | "latent_dim" | "vision_encoder_name" | "image_encoder_hidden_dim" | "image_embedding_pooling_dim"
>;

export interface EncodeOptions extends nn.ApplyContext {
  /** The backbone's output per camera, if already computed (see `imageFeatures`). */
  readonly imageFeatures?: Observation;
}

/**
 * Encodes `[images in the features' order | environment state | state]`, `latentDim` numbers each.
 * Parameters are named as in LeRobot's `SACObservationEncoder`.
 */
export class ObservationEncoder {
  /** Numbers per observation. */
  readonly outputSize: number;
  readonly cameras: readonly Camera[];
  readonly #backbone: nn.Module;
  readonly #poolingDim: number;
  readonly #projection: (features: Shape) => nn.Module;
  readonly #vectors: readonly { key: string; name: string; module: nn.Module }[];

  constructor(config: ObservationEncoderConfig) {
    const { input_features: features, latent_dim: latentDim } = config;
    this.cameras = ofType(features, "VISUAL").map(([key, shape]) => ({ key, name: key.replaceAll(".", "_"), shape }));
    this.#backbone = imageEncoder(config.vision_encoder_name, {
      channels: this.cameras[0]?.shape[0] ?? 3,
      hiddenChannels: config.image_encoder_hidden_dim,
    }).module;
    this.#poolingDim = config.image_embedding_pooling_dim;
    this.#projection = ([channels]) =>
      nn.sequential([
        nn.dropout(IMAGE_DROPOUT_RATE),
        nn.linear(channels! * this.#poolingDim, latentDim),
        nn.layerNorm(latentDim),
        ops.tanh,
      ]);
    const vector = (type: "ENV" | "STATE", name: string) =>
      ofType(features, type).map(([key, shape]) => ({ key, name, module: vectorEncoder(shape[0]!, latentDim) }));
    this.#vectors = [...vector("ENV", "env_encoder"), ...vector("STATE", "state_encoder")];
    this.outputSize = latentDim * (this.cameras.length + this.#vectors.length);
  }

  init(random: Random): EncoderParameters {
    const vectors = this.#vectors.map(({ name, module }) => [name, module.init(random)] as const);
    if (this.cameras.length === 0) return Object.fromEntries(vectors);
    const backbone = this.#backbone.init(random);
    const shapes = this.imageFeatureShapes({ image_encoder: { image_enc_layers: backbone } });
    const perCamera = (make: (features: Shape) => Tree<Tensor>) =>
      Object.fromEntries(this.cameras.map(({ key, name }) => [name, make(shapes[key]!)]));
    return {
      image_encoder: { image_enc_layers: backbone },
      spatial_embeddings: perCamera((features) => spatialEmbedding(features, this.#poolingDim).init(random)),
      post_encoders: perCamera((features) => this.#projection(features).init(random)),
      ...Object.fromEntries(vectors),
    };
  }

  /** `[batch, outputSize]` */
  apply(parameters: nn.Symbolic<EncoderParameters>, observation: Observation, options: EncodeOptions = {}): Expr {
    const features = options.imageFeatures ?? this.imageFeatures(parameters, observation);
    const p = parameters as unknown as SymbolicEncoder;
    const images = this.cameras.map(({ key, name }) => {
      const shape = features[key]!.shape.slice(1);
      const pooled = spatialEmbedding(shape, this.#poolingDim).apply(p.spatial_embeddings[name]!, features[key]!);
      const projection = this.#projection(shape);
      return projection.apply(p.post_encoders[name]!, pooled, options);
    });
    const vectors = this.#vectors.map(({ key, name, module }) => module.apply(p[name]!, observation[key]!, options));
    return ops.concat([...images, ...vectors], -1);
  }

  /** The shape of the backbone's output per camera, `[channels, height, width]`. */
  imageFeatureShapes(parameters: EncoderParameters): Readonly<Record<string, Shape>> {
    const { image_enc_layers } = parameters.image_encoder as { readonly image_enc_layers: nn.Parameters };
    return Object.fromEntries(
      this.cameras.map(({ key, shape }) => {
        return [key, nn.outputShape(this.#backbone, image_enc_layers, [1, ...shape]).slice(1)];
      }),
    );
  }

  /** The backbone's output per camera, `[batch, channels, height, width]`. Cameras of one size share one pass. */
  imageFeatures(parameters: nn.Symbolic<EncoderParameters>, observation: Observation): Observation {
    const backbone = (parameters as unknown as SymbolicEncoder).image_encoder?.image_enc_layers;
    const features: Record<string, Expr> = {};
    for (const group of groupByShape(this.cameras)) {
      const images = group.map(({ key }) => observation[key]!);
      const encoded = this.#backbone.apply(backbone!, ops.concat(images));
      const sizes = images.map((image) => image.shape[0]!);
      for (const [index, part] of ops.split(encoded, sizes).entries()) features[group[index]!.key] = part;
    }
    return features;
  }
}

/** The parameters in the form `apply` expects; the vector encoders are found by name. */
type SymbolicEncoder = Readonly<Record<string, nn.Symbolic<nn.Parameters>>> & {
  readonly image_encoder?: { readonly image_enc_layers: nn.Symbolic<nn.Parameters> };
  readonly spatial_embeddings: Readonly<Record<string, { readonly kernel: Expr }>>;
  readonly post_encoders: Readonly<Record<string, nn.Symbolic<nn.Parameters>>>;
};

function groupByShape(cameras: readonly Camera[]): Camera[][] {
  const groups = new Map<string, Camera[]>();
  for (const camera of cameras) groups.set(camera.shape.join(), [...(groups.get(camera.shape.join()) ?? []), camera]);
  return [...groups.values()];
}

function ofType(features: PolicyFeatures, type: string): [key: string, shape: Shape][] {
  return Object.entries(features).flatMap(([key, feature]) => (feature.type === type ? [[key, feature.shape]] : []));
}

function vectorEncoder(size: number, latentDim: number): nn.Module {
  return nn.sequential([nn.linear(size, latentDim), nn.layerNorm(latentDim), ops.tanh]);
}
