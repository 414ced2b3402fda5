/** The config of a training run, `train_config.json`: LeRobot's TrainRLServerPipelineConfig and Handrail's own part. */
import { z } from "zod";
import { algorithmConfigs } from "../algorithms/config.ts";
import { ignoredKey } from "../config/schema/ignored_key.ts";
import { folderText, nameText } from "../config/schema/name_text.ts";
import { DEFAULT_MIXER, MixerNameSchema } from "../data/mixers.ts";
import { envConfigs } from "../envs/config.ts";
import { policyConfigs } from "../policies/registry.ts";
import { processorSteps } from "../processors/step_registry.ts";
import { rewardModelConfigs } from "../rewards/registry.ts";
import { INTERVENTION_SETTINGS } from "../teleoperators/scripted/config.ts";
import { transportConfigs } from "../transport/registry.ts";

const keptObject = (description: string) =>
  ignoredKey(z.record(z.string(), z.unknown()).nullable().default(null), description);

export const DatasetSchema = z.strictObject({
  repo_id: nameText().describe('Demonstrations on the Hub, "user/name", or the name of a local dataset.'),
  root: folderText().nullable().default(null).describe("Folder of the dataset. null: LeRobot's cache."),
  episodes: z.array(z.int().min(0)).nullable().default(null).describe("Episodes to use. null: all."),
  exclude_episodes: z.array(z.int().min(0)).nullable().default(null).describe("Episodes to leave out."),
  revision: nameText().nullable().default(null).describe("Branch, tag or commit on the Hub."),
  use_imagenet_stats: ignoredKey(
    z.boolean().default(true),
    "ImageNet's statistics for images instead of the dataset's. Here images have ImageNet's, or those of policy.dataset_stats.",
  ),
  repo_type: ignoredKey(z.string().default("dataset"), "Kind of Hub storage."),
  image_transforms: keptObject("Image augmentation in supervised training."),
  video_backend: ignoredKey(z.string().nullable().default(null), "LeRobot's video decoder."),
  return_uint8: ignoredKey(z.boolean().default(false), "Element type of LeRobot's frames."),
  depth_output_unit: ignoredKey(z.string().nullable().default(null), "Unit of depth images."),
  streaming: ignoredKey(z.boolean().default(false), "Streaming from the Hub."),
  eval_split: ignoredKey(z.number().default(0), "Held-out share in supervised training."),
});

const EvalSchema = z.strictObject({
  n_episodes: z.int().min(1).default(50).describe("Episodes of an evaluation. 100 gives ± 5 % at 95 % success."),
  batch_size: ignoredKey(z.int().min(0).default(0), "Parallel environments."),
  use_async_envs: ignoredKey(z.boolean().default(true), "Environments in processes."),
  recording: ignoredKey(z.boolean().default(false), "Recording of evaluations."),
  recording_repo_id: ignoredKey(z.string().nullable().default(null), "Repository for recordings."),
  recording_private: ignoredKey(z.boolean().default(false), "Whether recordings are private."),
  save_predicted_video: ignoredKey(z.boolean().default(false), "World models' videos."),
});

const WandBSchema = z.strictObject({
  enable: ignoredKey(z.boolean().default(false), "Weights & Biases logging."),
  disable_artifact: ignoredKey(z.boolean().default(false), "Weights & Biases artifacts."),
  project: ignoredKey(z.string().default("lerobot"), "Weights & Biases project."),
  entity: ignoredKey(z.string().nullable().default(null), "Weights & Biases entity."),
  notes: ignoredKey(z.string().nullable().default(null), "Weights & Biases notes."),
  run_id: ignoredKey(z.string().nullable().default(null), "Weights & Biases run."),
  mode: ignoredKey(z.string().nullable().default(null), "Weights & Biases mode."),
  add_tags: ignoredKey(z.boolean().default(true), "Weights & Biases tags."),
});

const share = z.number().min(0).max(1);

const WatchdogSchema = z.strictObject({
  max_parameters_age_s: z
    .number()
    .positive()
    .nullable()
    .default(300)
    .describe("Seconds that an actor may act on the same weights, in case training hangs. null: no limit."),
  max_disconnected_s: z
    .number()
    .positive()
    .nullable()
    .default(10)
    .describe("Seconds that an actor may act without a connection to its learner. null: no limit."),
  behaviour: z
    .enum(["hold", "continue"])
    .default("hold")
    .describe("Reaction to a limit: hold still until the learner is back, or continue with the last policy and warn."),
});

const OperatorSchema = z.strictObject({
  type: z
    .enum(["scripted", "none"])
    .default("none")
    .describe('Stand-in for a person in simulation: "scripted" watches and takes over. People have precedence.'),
  ...INTERVENTION_SETTINGS,
});

const SolvedSchema = z.strictObject({
  success_rate: share
    .default(0.95)
    .describe("Success rate in eval.n_episodes deterministic episodes from unseen starts."),
  window_episodes: z.int().min(1).default(20).describe("Latest training episodes that decide whether to evaluate."),
  window_success_rate: share
    .default(0.85)
    .describe("Share of them that must have succeeded without help before an evaluation."),
});

const ImageFeaturesSchema = z.strictObject({
  cache: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Whether replay buffers store features of their images. null: if the policy's image encoder is frozen."),
  shifts: z
    .int()
    .min(0)
    .max(64)
    .default(3)
    .describe(
      "Versions of every image that are encoded, each shifted at random (DrQ); a batch takes any of them. Three of a 128 × 128 " +
        "image take as much memory as the image. 0: the image itself, unshifted.",
    ),
  keep_images: z
    .boolean()
    .default(true)
    .describe(
      "Whether buffers keep images that are encoded. false: less memory, but they can be neither exported as a dataset nor " +
        "encoded again.",
    ),
  encode_again: z
    .boolean()
    .default(false)
    .describe(
      "Whether a resumed run whose encoder has changed encodes all images again, if they were kept. false: it is refused.",
    ),
});

const HandrailSchema = z.strictObject({
  plugins: z
    .array(nameText())
    .default([])
    .describe(
      "Modules that register types: paths relative to this file, or packages. Imported first, if --plugin names them or a " +
        "person agrees.",
    ),
  pacing: z
    .enum(["real_time", "as_fast_as_possible", "lockstep"])
    .default("real_time")
    .describe(
      "Pace of the control loop: env.fps; as fast as possible (simulation); or in lockstep with the learner (reproducible).",
    ),
  updates_per_step: z
    .strictObject({
      min: z.number().min(0).nullable().default(null).describe("The actor waits below this. null: never."),
      max: z.number().positive().nullable().default(null).describe("The learner waits above this. null: never."),
    })
    .superRefine(({ min, max }, context) => {
      const message = `must not be above max (${max})`;
      if (min !== null && max !== null && min > max) context.addIssue({ code: "custom", path: ["min"], message });
    })
    .prefault({})
    .describe("Limits of learner updates per environment step. In lockstep, min updates are made after each step."),
  deterministic_episodes: share
    .default(0)
    .describe(
      "Share of training episodes without exploration noise. A deployed policy acts without noise and can get stuck where " +
        "noise would have helped. Only these episodes show that to the critics.",
    ),
  weight_average: z
    .number()
    .min(0)
    .lt(1)
    .nullable()
    .default(null)
    .describe(
      "Decay per update of a moving average of the policy's weights. The average acts, is evaluated and is saved instead of " +
        "the latest weights, and varies less. 0.998 averages over about 500 updates. null: the latest weights.",
    ),
  image_features: ImageFeaturesSchema.prefault({}).describe(
    "Features of a frozen image encoder, computed once for every stored image instead of once for every batch.",
  ),
  action_processor_steps: z
    .array(processorSteps.entrySchema)
    .default([])
    .describe(
      'Steps that change the policy\'s action, as in LeRobot\'s files: {"registry_name": …, "config": {…}}. A person\'s ' +
        "action does not pass through them.",
    ),
  env_processor_steps: z
    .array(processorSteps.entrySchema)
    .default([])
    .describe("Steps after the environment type's own, in the same format. They change what the policy sees."),
  reward_model: rewardModelConfigs.schema
    .nullable()
    .default(null)
    .describe("Reward model that replaces the environment's reward and success. null: the environment's own."),
  demonstrations: z
    .strictObject({ episodes: z.int().min(0).default(0).describe("Scripted episodes recorded before training.") })
    .prefault({})
    .describe("Demonstrations that Handrail makes in simulation if dataset is null."),
  backend: z
    .enum(["auto", "c", "onnx"])
    .default("auto")
    .describe(
      "What computes the networks of learner and actor: C compiled for this machine, ONNX Runtime, or the first of them that " +
        "works. auto leaves it to the environment variable HANDRAIL_BACKEND if that is set.",
    ),
  device: z
    .string()
    .min(1)
    .default("cpu")
    .describe(
      'Where the networks of learner, actor and evaluations are computed: "cpu", or what ONNX Runtime has on this machine: ' +
        '"webgpu", "cuda", "coreml", "dml". A device other than the CPU implies the backend onnx. Reward models stay on the CPU.',
    ),
  learner_threads: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "CPU threads for the learner's networks. null: the environment variable OMP_NUM_THREADS, else 1 with ONNX Runtime, " +
        "whose threads wait for each other where an actor needs a core, and up to 8 with compiled steps, whose threads do not.",
    ),
  keep_checkpoints: z
    .int()
    .min(1)
    .nullable()
    .default(3)
    .describe("Checkpoints to keep besides the best one. They share replay data on disk. null: all."),
  transport: transportConfigs.schema
    .nullable()
    .default(null)
    .describe(
      "Transport between learner and actors. null: gRPC at policy.actor_learner_config, or memory in `handrail train`, " +
        "which runs both in one process.",
    ),
  watchdog: WatchdogSchema.prefault({}).describe("Limits on acting with stale weights or without a learner."),
  on_sensor_fault: z
    .enum(["continue", "stop"])
    .default("continue")
    .describe(
      "Reaction to an observation that is missing, misshapen or not finite. The robot holds and the episode ends. Then " +
        "the run continues with a reset, or stops.",
    ),
  operator: OperatorSchema.prefault({}).describe("The scripted operator, for training without a person."),
  solved: SolvedSchema.nullable()
    .default(null)
    .describe(
      "Success criterion that ends `handrail train` before policy.online_steps, and `handrail learn` before `steps`. null: " +
        "none.",
    ),
  environment: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Options of the simulated environment, such as random_block_position. The environment checks them."),
});

export const TrainRLServerPipelineConfigSchema = z.strictObject({
  env: envConfigs.schema.nullable().default(null).describe("The robot or its simulation."),
  policy: policyConfigs.schema.describe("The policy."),
  algorithm: algorithmConfigs.schema.prefault({ type: "sac" }).describe("The algorithm that trains the policy."),
  dataset: DatasetSchema.nullable().default(null).describe("Initial demonstrations."),
  mixer: MixerNameSchema.default(DEFAULT_MIXER).describe(
    'How batches are drawn from the replay buffers: "online_offline", or a mixer that a plug-in registers.',
  ),
  online_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Share of each batch from the robot; the rest are demonstrations and interventions. Half is RLPD's."),
  batch_size: z
    .int()
    .min(1)
    .default(8)
    .describe("Transitions per update. LeRobot's default suits imitation; use 256 for RL."),
  output_dir: folderText()
    .nullable()
    .default(null)
    .describe("Folder of the run. null: outputs/train/<date>/<time>_<job>."),
  job_name: nameText().nullable().default(null).describe("Name of the run. null: environment and policy type."),
  resume: z
    .boolean()
    .default(false)
    .describe(
      "Resume from the last checkpoint in output_dir. If output_dir is null: from the job's newest run in outputs/.",
    ),
  seed: z
    .int()
    .nullable()
    .default(1000)
    .describe("Seed of weights, batches, noise and environments. null: a new one for every run."),
  steps: z
    .int()
    .min(1)
    .default(100_000)
    .describe("Updates of `handrail learn`, which has no actors. Runs with actors end after policy.online_steps."),
  log_freq: z.int().min(1).default(200).describe("Updates between log lines."),
  save_checkpoint: z.boolean().default(true).describe("Whether checkpoints are written."),
  save_freq: z.int().min(1).default(20_000).describe("Updates between checkpoints. Use 2,000 on a robot."),
  env_eval_freq: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "Updates of `handrail learn` between evaluations of eval.n_episodes episodes, if env is a simulation. One more follows " +
        "the last update. 0: none. Runs with actors are evaluated as handrail.solved defines.",
    ),
  eval: EvalSchema.prefault({}).describe("Evaluation."),
  wandb: WandBSchema.prefault({}).describe("LeRobot's Weights & Biases settings; not used by Handrail."),
  handrail: HandrailSchema.prefault({}).describe(
    "Handrail's own settings. Remove this part to use the file with LeRobot.",
  ),
  reward_model: keptObject("LeRobot's reward-model training."),
  cudnn_deterministic: ignoredKey(z.boolean().default(false), "PyTorch."),
  num_workers: ignoredKey(z.int().default(4), "PyTorch's data loader."),
  prefetch_factor: ignoredKey(z.int().default(4), "PyTorch's data loader."),
  persistent_workers: ignoredKey(z.boolean().default(true), "PyTorch's data loader."),
  eval_steps: ignoredKey(z.int().default(0), "Held-out loss in supervised training."),
  max_eval_samples: ignoredKey(z.int().default(0), "Held-out loss in supervised training."),
  tolerance_s: ignoredKey(z.number().default(1e-4), "Timestamp tolerance of datasets."),
  use_policy_training_preset: ignoredKey(z.boolean().default(true), "Supervised training's optimiser."),
  optimizer: keptObject("Supervised training's optimiser; the algorithm has its own."),
  scheduler: keptObject("Supervised training's learning-rate schedule."),
  peft: keptObject("Adapter fine-tuning."),
  sample_weighting: keptObject("Weighted supervised training."),
  rename_map: z
    .record(z.string(), z.string())
    .default({})
    .describe("The policy's name for each observation of the dataset."),
  checkpoint_path: ignoredKey(z.string().nullable().default(null), "Set by LeRobot when it resumes."),
});

export type TrainRLServerPipelineConfig = z.output<typeof TrainRLServerPipelineConfigSchema>;
