/** How good, how noisy and how patient the scripted operator is. */
import { z } from "zod";

const share = z.number().min(0).max(1);

export const scriptedOperatorSchema = z.strictObject({
  seed: z.int().default(0),
  /** `"demonstrate"` steers all the time; `"intervene"` lets a policy try and takes over by the rule of `attention.ts`. */
  mode: z.enum(["demonstrate", "intervene"]).default("intervene"),

  /** Standard deviation of what is seen against what is there, metres, drawn anew at every look. */
  perceptionNoiseM: z.number().min(0).max(0.02).default(0.002),
  /** Standard deviation of the hand's tremor, as a share of a full-scale action. */
  motionNoise: share.default(0.15),
  /** Chance per step of hesitating for one to three steps. */
  pauseProbability: share.default(0.03),
  /** Each episode is driven at a speed drawn between these shares of full scale. */
  slowestSpeed: share.default(0.6),
  fastestSpeed: share.default(1),

  /** Steps without progress after which the operator thinks of taking over. */
  patienceSteps: z.int().positive().default(10),
  /** The object counts as drifting to the border within this distance of it. */
  borderMarginM: z.number().min(0).max(0.1).default(0.02),
  /** The operator hands back after so many steps, finished or not. */
  maxInterventionSteps: z.int().positive().default(45),
  /** Chance of really taking over when there is a reason to, in the first episode … */
  interventionRate: share.default(1),
  /** … multiplied by this after every episode … */
  interventionDecay: share.default(1),
  /** … but never below this. */
  minInterventionRate: share.default(0),
});

export type ScriptedOperatorOptions = z.output<typeof scriptedOperatorSchema>;
export type ScriptedOperatorInput = z.input<typeof scriptedOperatorSchema>;
