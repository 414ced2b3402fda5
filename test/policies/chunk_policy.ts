/** A test policy that returns chunks of actions; its config has none of LeRobot's run keys. */
import { z } from "zod";
import { parseConfig } from "../../src/config/parse.ts";
import { PolicyFeaturesSchema } from "../../src/config/schema/features.ts";
import { CompiledPolicy } from "../../src/policies/compiled_policy.ts";
import type { PolicyOptions } from "../../src/policies/policy.ts";
import { policyConfigs, registerPolicy } from "../../src/policies/registry.ts";
import { makePolicyProcessors } from "../../src/processors/policy_processors.ts";
import { type Expr, nn, type RandomInputs } from "../../src/tensor/index.ts";

const ConfigSchema = z.strictObject({
  type: z.literal("chunks"),
  input_features: PolicyFeaturesSchema,
  output_features: PolicyFeaturesSchema,
  chunk_size: z.int().min(1).default(4),
});
type ChunkConfig = z.output<typeof ConfigSchema>;
type Weights = { readonly head: nn.AffineParameters };

export class ChunkPolicy extends CompiledPolicy<ChunkConfig, Weights> {
  readonly #head: nn.Module<nn.AffineParameters>;

  constructor(config: ChunkConfig, options: PolicyOptions = {}) {
    const inputs = config.input_features["observation.state"]!.shape[0]!;
    const head = nn.linear(inputs, config.chunk_size * config.output_features.action!.shape[0]!);
    super(config, options, (random) => ({ head: head.init(random) }));
    this.#head = head;
  }

  protected action(
    weights: nn.Symbolic<Weights>,
    observation: Readonly<Record<string, Expr>>,
    random: RandomInputs | undefined,
  ): Expr {
    const { chunk_size, output_features } = this.config;
    const best = this.#head.apply(weights.head, observation["observation.state"]!);
    const chosen = random === undefined ? best : best.add(random.normal(best.shape));
    return chosen.reshape([-1, chunk_size, output_features.action!.shape[0]!]);
  }
}

registerPolicy("chunks", {
  schema: ConfigSchema,
  create: (config, options) => new ChunkPolicy(config, options),
  processors: ({ input_features, output_features }) =>
    makePolicyProcessors({
      inputFeatures: input_features,
      outputFeatures: output_features,
      normalizationMapping: { STATE: "IDENTITY", ACTION: "IDENTITY" },
      stats: {},
    }),
});

export function chunkConfig(): ChunkConfig {
  return parseConfig(policyConfigs.schema, {
    type: "chunks",
    input_features: { "observation.state": { type: "STATE", shape: [3] } },
    output_features: { action: { type: "ACTION", shape: [2] } },
  }) as ChunkConfig;
}
