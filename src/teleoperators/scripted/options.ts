/** How good, how noisy and how patient the scripted operator is. */
import { z } from "zod";

const share = z.number().min(0).max(1);

export const scriptedOperatorSchema = z.strictObject({
  seed: z.int().default(0),
  /** `"demonstrate"` steers all the time; `"intervene"` watches a policy and takes over as `attention.ts` describes. */
  mode: z.enum(["demonstrate", "intervene"]).default("intervene"),

  /** Standard deviation of observed against true positions, metres, drawn anew for every observation. */
  perceptionNoiseM: z.number().min(0).max(0.02).default(0.002),
  /** Standard deviation of the hand's tremor, as a share of a full-scale action. */
  motionNoise: share.default(0.15),
  /** Probability per step of pausing for one to three steps. */
  pauseProbability: share.default(0.03),
  /** Each episode draws its speed between these shares of full scale. */
  slowestSpeed: share.default(0.6),
  fastestSpeed: share.default(1),

  /** Steps without progress after which the operator considers taking over. */
  patienceSteps: z.int().positive().default(10),
  /** The object counts as drifting to the border within this distance of it. */
  borderMarginM: z.number().min(0).max(0.1).default(0.02),
  /** Steps after which the operator hands back control, finished or not. */
  maxInterventionSteps: z.int().positive().default(45),
  /** Probability of taking over when there is a reason to, in the first episode. */
  interventionRate: share.default(1),
  /** Factor on the rate after every episode. */
  interventionDecay: share.default(1),
  /** Lower bound of the decaying rate. */
  minInterventionRate: share.default(0),
});

export type ScriptedOperatorOptions = z.output<typeof scriptedOperatorSchema>;
export type ScriptedOperatorInput = z.input<typeof scriptedOperatorSchema>;
