/** A plug-in for the fault benchmark: SAC whose updates are slow as long as a file exists. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { BatchIterator } from "../src/algorithms/algorithm.ts";
import { registerAlgorithm } from "../src/algorithms/registry.ts";
import { SACAlgorithm } from "../src/algorithms/sac/algorithm.ts";
import { SACAlgorithmConfigSchema } from "../src/algorithms/sac/config.ts";
import type { TrainingStats } from "../src/algorithms/training_stats.ts";
import type { GaussianActorPolicy } from "../src/policies/gaussian_actor/policy.ts";

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
