/** The Gaussian actor's `config.json`: LeRobot's keys and defaults, with the reason for each value. */
import { z } from "zod";
import {
  DatasetStatsSchema,
  NormalizationMappingSchema,
  type PolicyFeature,
  PolicyFeaturesSchema,
} from "../../config/schema/features.ts";
import { ignoredKey } from "../../config/schema/ignored_key.ts";
import { nameText } from "../../config/schema/name_text.ts";
import { onlineTrainingFields, pretrainedFields } from "../online_training.ts";
import type { PolicyAdvice } from "../policy_type.ts";

const hiddenDims = z
  .array(z.int().min(1))
  .min(1)
  .default([256, 256])
  .describe("Width of each layer. Two of 256 are SAC's (Haarnoja et al. 2018, table 1) and enough for one task.");
const activateFinal = z
  .boolean()
  .default(true)
  .describe("Whether the last layer also has layer normalisation and SiLU.");
const dropoutRate = z
  .number()
  .min(0)
  .lt(1)
  .optional()
  .describe("Probability of dropping a unit before each layer normalisation. Absent: none. 0.01 suits utd_ratio ≥ 10.");

export const ActorNetworkSchema = z.strictObject({
  hidden_dims: hiddenDims,
  activate_final: activateFinal,
  dropout_rate: dropoutRate,
});

export const CriticNetworkSchema = z.strictObject({
  hidden_dims: hiddenDims,
  activate_final: activateFinal,
  final_activation: z.null().default(null).describe("Values are unbounded, so no activation is applied."),
  dropout_rate: dropoutRate,
});

const PolicyDistributionSchema = z.strictObject({
  use_tanh_squash: z
    .literal(true)
    .default(true)
    .describe("The action is always tanh of a Gaussian sample, so that it stays in (−1, 1)."),
  std_min: z
    .number()
    .default(1e-5)
    .describe(
      "Lower clamp of the variance before tanh, in spite of LeRobot's name; keeps log-probabilities finite. 0 or less, as " +
        "the −5 in many published configs: 1e-10.",
    ),
  std_max: z
    .number()
    .positive()
    .default(10)
    .describe(
      "Upper clamp of the variance before tanh, in spite of LeRobot's name. 5 is usual on robots, a standard deviation of " +
        "2.2: calmer first episodes.",
    ),
  init_final: z
    .number()
    .positive()
    .nullable()
    .default(0.05)
    .describe("Output layers start uniform in ±init_final: actions begin near 0. null: orthogonal initialisation."),
});

const ConcurrencySchema = z.strictObject({
  actor: ignoredKey(z.enum(["threads", "processes"]).default("threads"), "How LeRobot's actor runs its helpers."),
  learner: ignoredKey(z.enum(["threads", "processes"]).default("threads"), "How LeRobot's learner runs its helpers."),
  multiprocessing_context: ignoredKey(z.string().nullable().default("spawn"), "Python's process start method."),
});

const fields = z.strictObject({
  type: z.literal("gaussian_actor"),
  input_features: PolicyFeaturesSchema.describe(
    "Inputs of the policy. Images are encoded in this order and come before the environment state and the state.",
  ),
  output_features: PolicyFeaturesSchema.describe(
    'What it does: {"action": {"type": "ACTION", "shape": [n]}} with n continuous dimensions. The discrete gripper ' +
      "(num_discrete_actions) is one more element of the environment's action and is not counted.",
  ),
  normalization_mapping: NormalizationMappingSchema.default({
    VISUAL: "MEAN_STD",
    STATE: "MIN_MAX",
    ENV: "MIN_MAX",
    ACTION: "MIN_MAX",
  }).describe("Normalisation per feature type: IDENTITY, MEAN_STD, MIN_MAX, QUANTILES or QUANTILE10."),
  dataset_stats: DatasetStatsSchema.nullable()
    .default(null)
    .describe(
      "min/max or mean/std per feature, in the feature's own units. Action bounds are the largest motion per step. " +
        "Images without statistics use ImageNet's; any other normalised feature needs its own.",
    ),
  num_discrete_actions: z
    .int()
    .min(2)
    .nullable()
    .default(null)
    .describe("Number of gripper commands chosen by a discrete critic: 3 for close / stay / open. null: no gripper."),
  vision_encoder_name: nameText()
    .nullable()
    .default(null)
    .describe(
      "Pretrained image encoder: a Hub repository or folder with ResNet-10 weights. null: a small CNN from scratch.",
    ),
  freeze_vision_encoder: z
    .boolean()
    .optional()
    .describe(
      "Whether the image encoder's weights stay as they are. Default: true with vision_encoder_name, otherwise false, " +
        "since a frozen encoder from scratch would see random features.",
    ),
  shared_encoder: z
    .boolean()
    .default(true)
    .describe("One observation encoder for actor and critics, trained by the critics. false: one each."),
  image_encoder_hidden_dim: z.int().min(1).default(32).describe("Channels of each of the small CNN's four layers."),
  image_embedding_pooling_dim: z
    .int()
    .min(1)
    .default(8)
    .describe("Learned spatial pooling maps per channel (spatial learned embeddings)."),
  state_encoder_hidden_dim: ignoredKey(z.int().min(1).default(256), "Unused in LeRobot too."),
  latent_dim: z
    .int()
    .min(1)
    .default(256)
    .describe("Width of each encoded input: every camera, the state, the environment state."),
  actor_network_kwargs: ActorNetworkSchema.prefault({}).describe("The actor's layers."),
  discrete_critic_network_kwargs: CriticNetworkSchema.prefault({}).describe("The gripper critic's layers."),
  policy_kwargs: PolicyDistributionSchema.prefault({}).describe("The action distribution."),
  ...onlineTrainingFields,
  concurrency: ConcurrencySchema.prefault({}).describe("LeRobot's process layout; not used by Handrail."),
  device: ignoredKey(z.string().default("cpu"), "The device LeRobot computes on. Handrail's is handrail.device."),
  storage_device: ignoredKey(z.string().default("cpu"), "The device LeRobot stores transitions on."),
  n_obs_steps: z
    .literal(1)
    .default(1)
    .describe("Observations the policy sees at once. The Gaussian actor has no memory."),
  use_amp: ignoredKey(z.boolean().default(false), "Mixed precision in PyTorch."),
  use_peft: ignoredKey(z.boolean().optional(), "Adapter fine-tuning in PyTorch."),
  ...pretrainedFields,
  pretrained_revision: ignoredKey(z.string().nullable().optional(), "The revision LeRobot took the weights from."),
});

/** Parses the policy's config; cross-field rules are checked here. */
export const GaussianActorConfigSchema = fields
  .superRefine((config, context) => {
    const problem = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    for (const [key, feature] of Object.entries(config.input_features)) {
      const reason = inputProblem(feature);
      if (reason !== undefined) problem(["input_features", key], reason);
    }
    for (const type of ["STATE", "ENV"]) {
      const [first, second] = Object.keys(config.input_features).filter(
        (key) => config.input_features[key]!.type === type,
      );
      if (second !== undefined) {
        problem(
          ["input_features", second],
          `the only ${type} encoder is used for ${first}: join the two in one feature`,
        );
      }
    }
    if (Object.keys(config.input_features).length === 0) problem(["input_features"], "needs at least one feature");
    const action = config.output_features.action;
    if (action?.type !== "ACTION" || action.shape.length !== 1) {
      problem(["output_features"], 'needs {"action": {"type": "ACTION", "shape": [n]}}');
    }
    if (config.policy_kwargs.std_min > config.policy_kwargs.std_max) {
      problem(["policy_kwargs", "std_min"], `must not be above std_max (${config.policy_kwargs.std_max})`);
    }
  })
  .transform((config) => ({
    ...config,
    freeze_vision_encoder: config.freeze_vision_encoder ?? config.vision_encoder_name !== null,
  }));

export type GaussianActorConfig = z.output<typeof GaussianActorConfigSchema>;
/** Input form of the config: everything but the type and the features has a default. */
export type GaussianActorConfigInput = z.input<typeof GaussianActorConfigSchema>;

function inputProblem({ type, shape }: PolicyFeature): string | undefined {
  if (type === "VISUAL") return shape.length === 3 ? undefined : "an image has the shape [channels, height, width]";
  if (type === "STATE" || type === "ENV") return shape.length === 1 ? undefined : `a ${type} feature has the shape [n]`;
  return `cannot be an input: ${type} features are not observations`;
}

/** A variance. tanh saturates above it. */
const LARGE_STD_MAX = 5;

/** Valid settings that are rarely intended. */
export function gaussianActorAdvice(config: GaussianActorConfig): PolicyAdvice[] {
  const { std_max } = config.policy_kwargs;
  const advice: PolicyAdvice[] = [];
  if (std_max > LARGE_STD_MAX) {
    advice.push({
      level: "warning",
      what: `policy.policy_kwargs.std_max is ${std_max}`,
      why:
        `It bounds the variance, so the standard deviation may reach ${Math.sqrt(std_max).toFixed(1)}. Beyond about ` +
        `${Math.sqrt(LARGE_STD_MAX).toFixed(1)}, tanh sends most samples to its two ends: jerks instead of exploration.`,
      todo: "Write 5.",
    });
  }
  const { VISUAL: mode = "IDENTITY" } = config.normalization_mapping;
  const hasCamera = Object.values(config.input_features).some(({ type }) => type === "VISUAL");
  if (config.vision_encoder_name !== null && hasCamera && mode !== "MEAN_STD") {
    advice.push({
      level: "warning",
      what: `policy.normalization_mapping.VISUAL is ${mode}, and the image encoder is pretrained`,
      why: "It was trained on images with a mean of 0 and a standard deviation of 1; on others its features mean little.",
      todo: "Write MEAN_STD. Cameras without policy.dataset_stats then have ImageNet's statistics, those of ResNet-10.",
    });
  }
  return [...advice, ...gaussianActorWarnings(config).map((what) => ({ level: "error" as const, what }))];
}

/** Warnings to show before training with this config. */
export function gaussianActorWarnings(config: GaussianActorConfig): string[] {
  const hasImages = Object.values(config.input_features).some(({ type }) => type === "VISUAL");
  if (!hasImages || !config.freeze_vision_encoder || config.vision_encoder_name !== null) return [];
  return [
    "policy.freeze_vision_encoder is true without a pretrained encoder: the images are encoded by random " +
      'weights that never learn. Set "freeze_vision_encoder": false, or name an encoder in "vision_encoder_name".',
  ];
}
