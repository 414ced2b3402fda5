/**
 * A policy as a plug-in: its config, its network and one line that registers it. It gives one action per observation, and
 * explores by adding noise to it, as the actors of DDPG and TD3 do (Lillicrap et al. 2016, Fujimoto et al. 2018).
 *
 *   await loadPlugins(["./examples/deterministic_actor.ts"]);
 *   await makePolicy({ type: "deterministic_actor", input_features: …, output_features: … });
 */

import { CompiledPolicy, type PolicyOptions, policyProcessorsOf, registerPolicy } from "handrail";
import { DatasetStatsSchema, NormalizationMappingSchema, PolicyFeaturesSchema } from "handrail/config";
import { actionBoundsOf, onlineTrainingFields, pretrainedFields } from "handrail/policies";
import { type Expr, nn, ops, type RandomInputs } from "handrail/tensor";
import { z } from "zod";

const ConfigSchema = z.strictObject({
  type: z.literal("deterministic_actor"),
  input_features: PolicyFeaturesSchema.describe("What the policy sees: vectors."),
  output_features: PolicyFeaturesSchema.describe('What it does: {"action": {"type": "ACTION", "shape": [n]}}.'),
  normalization_mapping: NormalizationMappingSchema.default({ STATE: "MIN_MAX", ENV: "MIN_MAX", ACTION: "MIN_MAX" }),
  dataset_stats: DatasetStatsSchema.nullable().default(null).describe("min and max per feature, in its own units."),
  hidden_dims: z.array(z.int().min(1)).min(1).default([256, 256]).describe("Width of each layer."),
  exploration_std: z.number().min(0).default(0.1).describe("Noise on normalised actions; TD3's value is 0.1."),
  ...onlineTrainingFields,
  ...pretrainedFields,
});
export type DeterministicActorConfig = z.output<typeof ConfigSchema>;

type Weights = { readonly net: nn.Parameters };

export class DeterministicActor extends CompiledPolicy<DeterministicActorConfig, Weights> {
  readonly network: nn.Module;

  constructor(config: DeterministicActorConfig, options: PolicyOptions = {}) {
    const inputs = Object.values(config.input_features).map(({ shape }) => shape[0]!);
    const actions = config.output_features.action!.shape[0]!;
    const network = nn.sequential([
      nn.mlp(
        inputs.reduce((sum, size) => sum + size),
        config.hidden_dims,
        { activation: ops.relu },
      ),
      nn.linear(config.hidden_dims.at(-1)!, actions),
      ops.tanh,
    ]);
    super(config, options, (random) => ({ net: network.init(random) }));
    this.network = network;
  }

  /** `[batch, n]` in [−1, 1]: tanh of the network, and noise on top where it explores. */
  protected action(
    weights: nn.Symbolic<Weights>,
    observation: Readonly<Record<string, Expr>>,
    random: RandomInputs | undefined,
  ): Expr {
    const seen = Object.keys(this.config.input_features).map((key) => observation[key]!);
    const best = this.network.apply(weights.net, ops.concat(seen, -1));
    if (random === undefined) return best;
    return best.add(random.normal(best.shape).mul(this.config.exploration_std)).clip(-1, 1);
  }
}

registerPolicy("deterministic_actor", {
  schema: ConfigSchema,
  create: (config, options) => new DeterministicActor(config, options),
  processors: policyProcessorsOf,
  actionBounds: actionBoundsOf,
});
