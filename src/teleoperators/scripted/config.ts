/** The scripted operator in a config: `env.teleop`, and `handrail.operator`, which has the same settings. */
import { z } from "zod";
import type { Watchable } from "../../envs/watchable.ts";
import { ScriptedOperator } from "./scripted_operator.ts";

const share = z.number().min(0).max(1);

/** Timing of interventions. */
export const INTERVENTION_SETTINGS = {
  intervention_rate: share
    .default(1)
    .describe("Probability of taking over when there is a reason to, in the first episode."),
  intervention_decay: share.default(0.98).describe("Factor on the rate after every episode."),
  min_intervention_rate: share.default(0).describe("Lower bound of the decaying rate."),
  patience_steps: z.int().positive().default(10).describe("Steps without progress that count as a reason."),
  max_intervention_steps: z.int().positive().default(45).describe("Steps after which the operator hands back control."),
};

export const ScriptedTeleoperatorSchema = z.strictObject({ type: z.literal("scripted"), ...INTERVENTION_SETTINGS });
const InterventionSettingsSchema = z.object(INTERVENTION_SETTINGS);
export type InterventionSettings = z.output<typeof InterventionSettingsSchema>;

export interface ScriptedOperatorPlace {
  readonly env: { readonly id: string };
  readonly scene?: Watchable | undefined;
  readonly mode: "demonstrate" | "intervene";
  readonly seed: number;
}

/** @throws Error for an environment that it cannot watch. */
export function scriptedOperatorOf(
  settings: InterventionSettings,
  { env, scene, mode, seed }: ScriptedOperatorPlace,
): ScriptedOperator {
  if (scene === undefined) {
    throw new Error(
      `the scripted operator cannot watch ${env.id}: it only supports the simulated Panda. Set ` +
        'handrail.operator.type to "none", and choose another env.teleop',
    );
  }
  return new ScriptedOperator(scene, {
    ...{ seed, mode },
    interventionRate: settings.intervention_rate,
    interventionDecay: settings.intervention_decay,
    minInterventionRate: settings.min_intervention_rate,
    patienceSteps: settings.patience_steps,
    maxInterventionSteps: settings.max_intervention_steps,
  });
}
