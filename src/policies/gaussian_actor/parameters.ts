/** The policy's parameters as one tree, and its tensor names in LeRobot's files. */
import { flattenTree, type nn, type Random, type Tensor, type Tree, treeFromNames } from "../../tensor/index.ts";
import type { Metadata, TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { ParameterNaming } from "../policy.ts";
import type { GaussianActorConfig } from "./config.ts";
import type { EncoderParameters } from "./encoder.ts";
import type { ActorParameters, GaussianActorNetworks, ValueParameters } from "./networks.ts";

export type PolicyParameters = {
  readonly actor: ActorParameters & { readonly encoder: EncoderParameters };
  readonly discrete_critic?: ValueParameters;
  /** The critics' own encoder; absent if they share the actor's. */
  readonly encoder_critic?: EncoderParameters;
};

export function initParameters(
  { encoder, actor, discreteCritic }: GaussianActorNetworks,
  config: GaussianActorConfig,
  random: Random,
): PolicyParameters {
  return {
    actor: { encoder: encoder.init(random), ...actor.init(random) },
    ...(discreteCritic === undefined ? {} : { discrete_critic: discreteCritic.init(random) }),
    ...(config.shared_encoder ? {} : { encoder_critic: encoder.init(random) }),
  };
}

/** LeRobot's module tree reaches one encoder under several names; a file stores it under the first of them. */
function encoderAliases(config: GaussianActorConfig): readonly (readonly string[])[] {
  const critic = [
    "encoder_critic.",
    ...(config.num_discrete_actions === null ? [] : ["discrete_critic.encoder."]),
  ].sort();
  const actor = ["actor.encoder.", "encoder_actor."];
  return config.shared_encoder ? [[...actor, ...critic].sort()] : [actor, critic];
}

/** All names of a tensor, the stored one first. */
function namesOf(name: string, config: GaussianActorConfig): string[] {
  for (const prefixes of encoderAliases(config)) {
    const prefix = prefixes.find((each) => name.startsWith(each));
    if (prefix !== undefined) return prefixes.map((each) => each + name.slice(prefix.length));
  }
  return [name];
}

/** Tensors by LeRobot's names, each once. `metadata` maps the aliases to the stored names. */
export function toStateDict(
  parameters: PolicyParameters,
  config: GaussianActorConfig,
): { tensors: TensorRecord; metadata: Metadata } {
  const tensors: Record<string, Tensor> = {};
  const metadata: Record<string, string> = { format: "pt" };
  for (const [name, tensor] of flattenTree<Tensor>(parameters as Tree<Tensor>)) {
    const [stored, ...aliases] = namesOf(name, config);
    tensors[stored!] = tensor;
    for (const alias of aliases) metadata[alias] = stored!;
  }
  return { tensors, metadata };
}

/**
 * Parameters from a state dict under any of their names.
 *
 * @param like Parameters of the expected form.
 * @throws Error listing every missing, unexpected or misshapen tensor.
 */
export function fromStateDict(
  given: TensorRecord,
  like: PolicyParameters,
  config: GaussianActorConfig,
  source: string,
): PolicyParameters {
  const tensors = Object.fromEntries(Object.entries(given).map(([name, tensor]) => [wrappedName(name), tensor]));
  const remaining = new Set(Object.keys(tensors));
  const found = new Map<string, Tensor>();
  const problems: string[] = [];
  for (const [name, expected] of flattenTree<Tensor>(like as Tree<Tensor>)) {
    const names = namesOf(name, config);
    const present = names.filter((each) => tensors[each] !== undefined);
    for (const each of present) remaining.delete(each);
    const tensor = tensors[present[0] ?? ""];
    if (tensor === undefined) problems.push(`missing: ${names[0]}`);
    else if (tensor.dtype !== "float32" || tensor.shape.join() !== expected.shape.join()) {
      problems.push(`${present[0]}: is ${tensor.dtype} [${tensor.shape}], expected float32 [${expected.shape}]`);
    } else found.set(name, tensor);
  }
  problems.push(...[...remaining].map((name) => `unexpected: ${name}`));
  if (problems.length > 0) throw new Error(`${source} does not fit the policy's config:\n  ${problems.join("\n  ")}`);
  return treeFromNames<PolicyParameters, Tensor, Tensor>(like, found) as PolicyParameters;
}

/** LeRobot's tensor names for a policy with this config. */
export function parameterNaming(config: GaussianActorConfig): ParameterNaming<PolicyParameters> {
  return {
    toWeights: (parameters) => toStateDict(parameters, config).tensors,
    fromWeights: (weights, like, source) => fromStateDict(weights, like, config, source),
  };
}

/** The image backbone's parameters in an encoder with cameras. */
export function backboneOf(encoder: EncoderParameters): nn.Parameters {
  return (encoder as { image_encoder: { image_enc_layers: nn.Parameters } }).image_encoder.image_enc_layers;
}

/** Replaces the image backbone's parameters in every encoder. */
export function withBackbone(parameters: PolicyParameters, backbone: nn.Parameters): PolicyParameters {
  return withEncoders<EncoderParameters, PolicyParameters>(parameters, (encoder) => {
    return { ...encoder, image_encoder: { image_enc_layers: backbone } };
  });
}

/**
 * The name of a tensor of ResNet-10 in LeRobot's files, whose layers are wrapped. Handrail's first checkpoints lack the
 * wrappers' names, and have a list of blocks in every stage.
 */
function wrappedName(name: string): string {
  if (!name.includes(".image_enc_layers.")) return name;
  return name
    .replace(/(\.stages\.\d)\.0\./, "$1.")
    .replace(/(\.conv[12]|\.shortcut\.0)\.weight$/, "$1.conv.weight")
    .replace(/(\.(?:norm[12]|embedder\.1|shortcut\.1))\.(weight|bias)$/, "$1.group_norm.$2");
}

/** The trainable parameters of an encoder: all, or all but the image backbone. */
export function withoutFrozen<E>(encoder: E, { freeze_vision_encoder }: GaussianActorConfig): E {
  if (!freeze_vision_encoder) return encoder;
  const { image_encoder: _, ...trainable } = encoder as { image_encoder?: unknown };
  return trainable as E;
}

type Encoders<E> = { readonly actor: { readonly encoder: E }; readonly encoder_critic?: E | undefined };

/** The policy's parameters, or expressions of them, without the frozen ones. */
export function trainablePart<E, P extends Encoders<E>>(parameters: P, config: GaussianActorConfig): P {
  return withEncoders<E, P>(parameters, (encoder) => withoutFrozen(encoder, config));
}

/** Stored names of the frozen parameters. */
export function frozenNames(parameters: PolicyParameters, config: GaussianActorConfig): Set<string> {
  const trainable = toStateDict(trainablePart<EncoderParameters, PolicyParameters>(parameters, config), config).tensors;
  const names = Object.keys(toStateDict(parameters, config).tensors);
  return new Set(names.filter((name) => trainable[name] === undefined));
}

/** The inverse: the frozen parameters are taken from `all`. */
export function withFrozenPart<E, P extends Encoders<E>>(trained: P, all: P): P {
  const complete = (encoder: E, from: E | undefined) => ({ ...from, ...encoder });
  return withEncoders<E, P>(trained, (encoder, which) =>
    complete(encoder, which === "actor" ? all.actor.encoder : all.encoder_critic),
  );
}

function withEncoders<E, P extends Encoders<E>>(parameters: P, map: (encoder: E, which: "actor" | "critic") => E): P {
  const { actor, encoder_critic: critic } = parameters;
  return {
    ...parameters,
    actor: { ...actor, encoder: map(actor.encoder, "actor") },
    ...(critic === undefined ? {} : { encoder_critic: map(critic, "critic") }),
  };
}
