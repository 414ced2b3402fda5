/** A plug-in for the fault benchmark: SAC whose updates are slow as long as a file exists. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type BatchIterator,
  registerAlgorithm,
  SACAlgorithm,
  SACAlgorithmConfigSchema,
  type TrainingStats,
} from "handrail/algorithms";
import type { GaussianActorPolicy } from "handrail/policies";
import { z } from "zod";

const SlowSACConfigSchema = z.strictObject({
  ...SACAlgorithmConfigSchema.shape,
  type: z.literal("slow_sac"),
  update_s: z.number().default(1),
  slow_while: z.string().default(""),
});

class SlowSAC extends SACAlgorithm {
  readonly #slowWhile: string;
  readonly #updateS: number;

  constructor(slowWhile: string, updateS: number, ...rest: ConstructorParameters<typeof SACAlgorithm>) {
    super(...rest);
    this.#slowWhile = slowWhile;
    this.#updateS = updateS;
  }

  override async update(batches: BatchIterator): Promise<TrainingStats> {
    // Blocks its thread, as if the update itself were slow, but leaves the processor to others.
    if (existsSync(this.#slowWhile)) await sleep(1000 * this.#updateS);
    return await super.update(batches);
  }
}

registerAlgorithm("slow_sac", {
  schema: SlowSACConfigSchema,
  policies: ["gaussian_actor"],
  create: ({ slow_while, update_s, ...config }, policy: GaussianActorPolicy, options) =>
    new SlowSAC(slow_while, update_s, { ...config, type: "sac" }, policy, options),
});
