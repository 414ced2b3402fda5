/**
 * LeRobot's keys of a training run inside the policy's config. A policy's schema may include them; `runSettingsOf` reads
 * them from any policy's config, and uses these defaults for keys that a schema lacks.
 */
import { z } from "zod";
import { ignoredKey } from "../config/schema/ignored_key.ts";
import { nameText } from "../config/schema/name_text.ts";

const ActorLearnerSchema = z.strictObject({
  learner_host: nameText().default("127.0.0.1").describe("Host of the learner, for actors."),
  learner_port: z.int().min(0).max(65535).default(50051).describe("TCP port of the learner. 0: any free port."),
  policy_parameters_push_frequency: z
    .number()
    .positive()
    .default(4)
    .describe("Seconds between two pushes of new weights to the actors. 1–2 s learn faster on a real robot."),
  queue_get_timeout: ignoredKey(z.number().positive().default(2), "Seconds that LeRobot's processes wait for a queue."),
});

/** Length of a run, buffer sizes, and where actor and learner meet. */
export const onlineTrainingFields = {
  online_steps: z
    .int()
    .min(1)
    .default(1_000_000)
    .describe("Environment steps after which training ends. The default is no practical limit: stop the run by hand."),
  online_buffer_capacity: z
    .int()
    .min(1)
    .default(100_000)
    .describe("Transitions kept from the actors; the oldest go first. 100,000 is 2.8 hours at 10 Hz."),
  offline_buffer_capacity: z
    .int()
    .min(1)
    .default(100_000)
    .describe("Transitions kept from demonstrations and interventions."),
  online_step_before_learning: z
    .int()
    .min(0)
    .default(100)
    .describe("Transitions collected before the first update, so that the first batches are not all alike."),
  async_prefetch: ignoredKey(z.boolean().default(false), "Drawing the next batch while the last one is trained on."),
  actor_learner_config: ActorLearnerSchema.prefault({}).describe("How actors and learner reach each other."),
};

/** Where weights are loaded from and pushed to. */
export const pretrainedFields = {
  push_to_hub: z
    .boolean()
    .default(false)
    .describe(
      "Upload the policy to the Hugging Face Hub when a run is solved or has all its steps. Needs repo_id, checkpoints and " +
        "HF_TOKEN.",
    ),
  repo_id: nameText().nullable().default(null).describe('Hub repository to upload to: "user/name".'),
  private: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Whether the Hub repository is private. null: the account's default."),
  tags: z.array(z.string()).nullable().default(null).describe("Tags of the model card."),
  license: z.string().nullable().default(null).describe("Licence of the model card."),
  pretrained_path: nameText().nullable().default(null).describe("Folder or Hub repository with weights to start from."),
};
