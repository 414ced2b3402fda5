/** The reward classifier's `config.json`: LeRobot's keys and defaults. */
import { z } from "zod";
import { ConfigError } from "../../config/error.ts";
import { parseConfig } from "../../config/parse.ts";
import { isPlainObject } from "../../config/path.ts";
import { NormalizationMappingSchema, type PolicyFeatures, PolicyFeaturesSchema } from "../../config/schema/features.ts";
import { ignoredKey } from "../../config/schema/ignored_key.ts";
import { nameText } from "../../config/schema/name_text.ts";

/** What the features of the cameras begin with. */
export const CAMERA_PREFIX = "observation.image";

const size = () => z.int().min(1);

const fields = z.strictObject({
  type: z.literal("reward_classifier").default("reward_classifier"),
  name: ignoredKey(z.string().default("reward_classifier"), "LeRobot writes the type here, too."),
  input_features: PolicyFeaturesSchema.describe(
    "The cameras: features of type VISUAL whose names begin with observation.image. Their order is that of the network's " +
      "parts. Other features are ignored.",
  ),
  output_features: PolicyFeaturesSchema.default({}).describe(
    "What is predicted; no part of the network depends on it.",
  ),
  num_classes: z
    .int()
    .min(2)
    .default(2)
    .describe("2: success or not. More: stages of a task, of which the last one is success."),
  hidden_dim: size().default(256).describe("Width of the head's hidden layer."),
  latent_dim: size().default(256).describe("Width of each encoded camera."),
  image_embedding_pooling_dim: size()
    .default(8)
    .describe("Learned spatial pooling maps per channel (spatial learned embeddings)."),
  dropout_rate: z.number().min(0).lt(1).default(0.1).describe("Probability of dropping a unit, in training only."),
  model_name: nameText()
    .nullable()
    .default("lerobot/resnet10")
    .describe(
      "Pretrained image encoder, which stays as it is: a Hub repository or folder with ResNet-10 weights. null: a small " +
        "CNN that learns with everything else (LeRobot cannot load such a classifier).",
    ),
  image_encoder_hidden_dim: size()
    .default(32)
    .describe("Channels of each of the small CNN's four layers. Without effect on a pretrained encoder."),
  model_type: z
    .literal("cnn")
    .default("cnn")
    .describe("Kind of the image encoder. LeRobot's transformers cannot be used."),
  device: ignoredKey(z.string().nullable().default("cpu"), "The device LeRobot computes on."),
  num_cameras: size()
    .optional()
    .describe("Number of cameras, checked against input_features. Default: as many as those."),
  learning_rate: z.number().positive().default(1e-4).describe("AdamW's step size."),
  weight_decay: z.number().min(0).default(0.01).describe("AdamW's weight decay."),
  grad_clip_norm: z.number().positive().default(1).describe("Largest norm of a step's gradient."),
  normalization_mapping: NormalizationMappingSchema.default({ VISUAL: "MEAN_STD" }).describe(
    "Normalisation per feature type; only that of VISUAL has an effect.",
  ),
});

/** Parses the config of a classifier; rules between fields are checked here. */
export const RewardClassifierConfigSchema = fields
  .superRefine((config, context) => {
    const problem = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    const cameras = cameraFeatures(config);
    if (cameras.length === 0) {
      problem(["input_features"], `needs a camera: a VISUAL feature whose name begins with ${CAMERA_PREFIX}`);
    }
    for (const [key, shape] of cameras) {
      if (shape.length !== 3) problem(["input_features", key], "an image has the shape [channels, height, width]");
      else if (shape[0] !== cameras[0]![1][0]) {
        problem(["input_features", key], "all cameras share one encoder: they need the same number of channels");
      }
    }
    const { num_cameras } = config;
    if (num_cameras !== undefined && cameras.length > 0 && num_cameras !== cameras.length) {
      const names = cameras.map(([key]) => key).join(", ");
      problem(["num_cameras"], `is ${num_cameras}, but input_features has ${cameras.length}: ${names}`);
    }
  })
  .transform((config) => ({ ...config, num_cameras: config.num_cameras ?? cameraFeatures(config).length }));

export type RewardClassifierConfig = z.output<typeof RewardClassifierConfigSchema>;

/** The cameras with their shapes, `[channels, height, width]`, in the order of the features. */
export function cameraFeatures({
  input_features,
}: {
  readonly input_features: PolicyFeatures;
}): [key: string, shape: readonly number[]][] {
  return Object.entries(input_features).flatMap(([key, { type, shape }]) =>
    type === "VISUAL" && key.startsWith(CAMERA_PREFIX) ? [[key, shape]] : [],
  );
}

/** Keys of LeRobot's base classes that say nothing about the network. */
const BOOKKEEPING = new Set([
  ...["pretrained_path", "pretrained_revision", "push_to_hub", "repo_id", "license", "tags", "private"],
  ...["n_obs_steps", "use_amp", "use_peft"],
]);

/**
 * Reads a saved `config.json`, whichever version of LeRobot wrote it: until 2025 with the keys of a policy, since 2026 with
 * those of a reward model. Keys that this version does not know are left out.
 *
 * @param source The file, for messages.
 * @param note Receives one message if unknown keys were left out.
 * @throws ConfigError for a file of another type and for values that cannot be used.
 */
export function readClassifierConfig(
  content: unknown,
  source: string,
  note: (message: string) => void = () => {},
): RewardClassifierConfig {
  if (!isPlainObject(content)) throw new ConfigError([{ path: "", message: "must be an object" }], source);
  const type = content.type ?? content.name;
  if (type !== "reward_classifier") {
    const message = `is ${JSON.stringify(type ?? null)}, not "reward_classifier"`;
    throw new ConfigError([{ path: "type", message }], source);
  }
  const known = Object.entries(content).filter(([key]) => Object.hasOwn(fields.shape, key));
  const unknown = Object.keys(content).filter((key) => !Object.hasOwn(fields.shape, key) && !BOOKKEEPING.has(key));
  if (unknown.length > 0) note(`${source}: ignored, as this version does not know them: ${unknown.join(", ")}`);
  const named = Object.fromEntries(known.filter(([key]) => key !== "name" && key !== "type"));
  return parseConfig(RewardClassifierConfigSchema, { type: "reward_classifier", ...named }, source);
}

/** What is written: LeRobot reads its own keys only, so those of Handrail are left out where they have no effect. */
export function writtenClassifierConfig(config: RewardClassifierConfig): Readonly<Record<string, unknown>> {
  const { image_encoder_hidden_dim, ...rest } = config;
  return config.model_name === null ? { ...rest, image_encoder_hidden_dim } : rest;
}
