/** SAC's config: LeRobot's keys and defaults, with the reason for each value; RLPD as a preset. */
import { z } from "zod";
import { ignoredKey } from "../../config/schema/ignored_key.ts";
import { CriticNetworkSchema, GaussianActorConfigSchema } from "../../policies/gaussian_actor/config.ts";

const learningRate = (whose: string) =>
  z.number().positive().default(3e-4).describe(`Adam's step size for ${whose}. 3e-4 is SAC's (Haarnoja et al. 2018).`);

export const SACAlgorithmConfigSchema = z
  .strictObject({
    type: z.literal("sac"),
    actor_lr: learningRate("the actor"),
    critic_lr: learningRate("the critics and the encoder"),
    temperature_lr: learningRate("the temperature"),
    discount: z
      .number()
      .min(0)
      .max(1)
      .default(0.99)
      .describe("γ, per control step. 0.97 is usual at 10 Hz with episodes of 5–10 s: a horizon of about 3 s."),
    use_backup_entropy: z
      .boolean()
      .default(true)
      .describe("Whether the target value contains the entropy term −α·log π(a′|s′)."),
    critic_target_update_weight: z
      .number()
      .positive()
      .max(1)
      .default(0.005)
      .describe("τ of the target critics' moving average: θ̄ ← τθ + (1 − τ)θ̄."),
    num_critics: z
      .int()
      .min(1)
      .default(2)
      .describe("Size of the critic ensemble. 2 curbs overestimation (Fujimoto et al. 2018); RLPD uses 10."),
    num_subsample_critics: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe("Critics drawn at random for each target value (REDQ, Chen et al. 2021). null: all of them."),
    critic_network_kwargs: CriticNetworkSchema.prefault({}).describe("The layers of each critic."),
    discrete_critic_network_kwargs: ignoredKey(
      CriticNetworkSchema.prefault({}),
      "The gripper critic's layers, which the policy's own entry decides.",
    ),
    temperature_init: z
      .number()
      .positive()
      .default(1)
      .describe("α before learning. 0.01 suits sparse rewards and demonstrations: less noise in the first episodes."),
    target_entropy: z
      .number()
      .nullable()
      .default(null)
      .describe("Entropy that α is adjusted to reach, in nats. null: −(action dimensions, gripper included)/2."),
    utd_ratio: z
      .int()
      .min(1)
      .default(1)
      .describe("Critic updates, each with a new batch, per actor update. 2 pays on robots, where data are slow."),
    policy_update_freq: z
      .int()
      .min(1)
      .default(1)
      .describe("Updates between actor updates; the actor then makes as many steps, on the last batch."),
    grad_clip_norm: z
      .number()
      .positive()
      .default(40)
      .describe("Largest global gradient norm per network. 40 only catches explosions."),
    use_torch_compile: ignoredKey(z.boolean().default(false), "The training step is always compiled."),
    policy_config: GaussianActorConfigSchema.nullable().default(null).meta({
      description: "Not used by Handrail. The policy, repeated in a saved algorithm's config.json; `policy` decides.",
      repeated: true,
      unused: true,
    }),
  })
  .superRefine(({ num_critics, num_subsample_critics }, context) => {
    if (num_subsample_critics !== null && num_subsample_critics > num_critics) {
      const message = `cannot draw ${num_subsample_critics} of ${num_critics} critics: raise num_critics or lower this`;
      context.addIssue({ code: "custom", path: ["num_subsample_critics"], message });
    }
  });

export type SACAlgorithmConfig = z.output<typeof SACAlgorithmConfigSchema>;
export type SACAlgorithmConfigInput = z.input<typeof SACAlgorithmConfigSchema>;

/**
 * RLPD's values for tasks with a state observation (Ball et al. 2023, "Efficient Online Reinforcement Learning with
 * Offline Data"): a large ensemble with random pairs for the target, and many updates per step. Batches of 256, half
 * of them demonstrations, are set by the training config. RLPD does not clip gradients; the default norm of 40 stays as
 * a guard that its well-conditioned critics do not reach.
 */
export const RLPD_PRESET = {
  type: "sac",
  num_critics: 10,
  num_subsample_critics: 2,
  utd_ratio: 20,
  use_backup_entropy: true,
  discount: 0.99,
  temperature_init: 1,
  critic_target_update_weight: 0.005,
} as const satisfies SACAlgorithmConfigInput;
