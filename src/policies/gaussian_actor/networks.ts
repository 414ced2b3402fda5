/** The policy's networks as pure functions of their parameters, which are named as in LeRobot's `GaussianActorPolicy`. */
import { type Expr, nn, ops } from "../../tensor/index.ts";
import type { GaussianActorConfig } from "./config.ts";
import { ObservationEncoder } from "./encoder.ts";
import type { TanhGaussian } from "./tanh_gaussian.ts";

export interface NetworkSettings {
  readonly hidden_dims: readonly number[];
  readonly activate_final: boolean;
  readonly dropout_rate?: number | undefined;
}

/** Per layer Linear, LayerNorm, SiLU. */
export function hiddenLayers(inputs: number, settings: NetworkSettings): nn.Module {
  return nn.mlp(inputs, settings.hidden_dims, {
    activation: ops.silu,
    activateFinal: settings.activate_final,
    dropoutRate: settings.dropout_rate ?? 0,
  });
}

export type ActorParameters = {
  readonly network: { readonly net: nn.Parameters };
  readonly mean_layer: nn.AffineParameters;
  readonly std_layer: nn.AffineParameters;
};

/** Keeps log-probabilities finite if the config sets no lower clamp. */
const SMALLEST_VARIANCE = 1e-10;

/** `[batch, encoded]` → the distribution of the continuous action. */
export class ActorNetwork {
  readonly #hidden: nn.Module;
  readonly #head: nn.Module<nn.AffineParameters>;
  readonly #range: { readonly std_min: number; readonly std_max: number };

  constructor(inputs: number, actions: number, { actor_network_kwargs, policy_kwargs }: GaussianActorConfig) {
    const { init_final } = policy_kwargs;
    const last = actor_network_kwargs.hidden_dims.at(-1)!;
    this.#hidden = hiddenLayers(inputs, actor_network_kwargs);
    this.#head = nn.linear(last, actions, {
      weight: init_final === null ? nn.init.orthogonal() : nn.init.uniform(init_final),
      ...(init_final === null ? {} : { bias: nn.init.uniform(init_final) }),
    });
    this.#range = policy_kwargs;
  }

  init(random: Parameters<nn.Module["init"]>[0]): ActorParameters {
    return {
      network: { net: this.#hidden.init(random) },
      mean_layer: this.#head.init(random),
      std_layer: this.#head.init(random),
    };
  }

  apply(parameters: nn.Symbolic<ActorParameters>, encoded: Expr, context?: nn.ApplyContext): TanhGaussian {
    const hidden = this.#hidden.apply(parameters.network.net, encoded, context);
    const variance = this.#head.apply(parameters.std_layer, hidden).exp();
    return {
      mean: this.#head.apply(parameters.mean_layer, hidden),
      variance: variance.clip(this.#range.std_min > 0 ? this.#range.std_min : SMALLEST_VARIANCE, this.#range.std_max),
    };
  }
}

export type ValueParameters = {
  readonly net: { readonly net: nn.Parameters };
  readonly output_layer: nn.AffineParameters;
};

/** Hidden layers and a linear head with orthogonal weights: `[batch, inputs]` → `[batch, outputs]`. */
export function valueNetwork(inputs: number, outputs: number, settings: NetworkSettings): nn.Module<ValueParameters> {
  const hidden = hiddenLayers(inputs, settings);
  const head = nn.linear(settings.hidden_dims.at(-1)!, outputs, { weight: nn.init.orthogonal() });
  return {
    init: (random) => ({ net: { net: hidden.init(random) }, output_layer: head.init(random) }),
    apply: (parameters, x, context) =>
      head.apply(parameters.output_layer, hidden.apply(parameters.net.net, x, context)),
  };
}

export interface GaussianActorNetworks {
  readonly encoder: ObservationEncoder;
  readonly actor: ActorNetwork;
  /** Values of the gripper's discrete actions, if there is a gripper. */
  readonly discreteCritic: nn.Module<ValueParameters> | undefined;
  readonly continuousActions: number;
}

export function gaussianActorNetworks(config: GaussianActorConfig): GaussianActorNetworks {
  const encoder = new ObservationEncoder(config);
  const continuousActions = config.output_features.action!.shape[0]!;
  const { num_discrete_actions: discreteActions, discrete_critic_network_kwargs: settings } = config;
  return {
    encoder,
    actor: new ActorNetwork(encoder.outputSize, continuousActions, config),
    discreteCritic: discreteActions === null ? undefined : valueNetwork(encoder.outputSize, discreteActions, settings),
    continuousActions,
  };
}
