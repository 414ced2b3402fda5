/**
 * A transition on the wire. Tensors: `state.<key>` and `next_state.<key>` per observation, `action`. Scalars: `reward`,
 * `terminated`, `truncated`, `complementary_info.<name>` per extra number, and `episode`: its number in the actor's
 * session, from 1. Earlier versions send no `episode`.
 */
import type { ArrayFeature, ReplayFeatures } from "../replay/features.ts";
import type { ObservationArrays, Transition } from "../replay/transition.ts";
import { Tensor } from "../tensor/tensor.ts";
import { TransportError } from "../transport/errors.ts";
import type { TransitionMessage } from "../transport/messages.ts";

const STATE = "state.";
const NEXT_STATE = "next_state.";
const ACTION = "action";
const COMPLEMENTARY = "complementary_info.";
const EPISODE = "episode";
const FLAGS = ["terminated", "truncated"] as const;

/** One transition has a wrong number; the actor's other transitions may be valid. */
export class RefusedValueError extends TransportError {}

/** Converts transitions to messages and back, for one set of features. */
export class TransitionCodec {
  readonly #features: ReplayFeatures;
  readonly #observations: readonly (readonly [key: string, feature: ArrayFeature])[];
  readonly #complementary: readonly string[];
  readonly #tensorNames: ReadonlySet<string>;
  readonly #scalarNames: ReadonlySet<string>;

  constructor(features: ReplayFeatures) {
    this.#features = features;
    this.#observations = Object.entries(features.observation);
    this.#complementary = Object.keys(features.complementaryInfo ?? {});
    const keys = Object.keys(features.observation);
    this.#tensorNames = new Set([ACTION, ...keys.flatMap((key) => [STATE + key, NEXT_STATE + key])]);
    this.#scalarNames = new Set([
      "reward",
      EPISODE,
      ...FLAGS,
      ...this.#complementary.map((name) => COMPLEMENTARY + name),
    ]);
  }

  /** Wraps the transition's arrays without copying them. @throws TypeError or RangeError for arrays that do not fit. */
  toMessage(transition: Transition): TransitionMessage {
    const { action, reward, terminated, truncated, observation, nextObservation, complementaryInfo = {} } = transition;
    const { episode } = transition;
    const tensors: Record<string, Tensor> = { [ACTION]: new Tensor("float32", this.#features.action.shape, action) };
    for (const [key, { dtype, shape }] of this.#observations) {
      tensors[STATE + key] = new Tensor(dtype, shape, observation[key] as Float32Array);
      tensors[NEXT_STATE + key] = new Tensor(dtype, shape, nextObservation[key] as Float32Array);
    }
    const scalars: Record<string, number> = { reward, terminated: Number(terminated), truncated: Number(truncated) };
    for (const name of this.#complementary) {
      const value = complementaryInfo[name];
      if (value !== undefined) scalars[COMPLEMENTARY + name] = value;
    }
    if (episode !== undefined) scalars[EPISODE] = episode;
    return { tensors, scalars, metadata: {} };
  }

  /**
   * Reads a message; the arrays are the message's own. The replay buffer checks whether numbers are finite and within
   * bounds.
   *
   * @throws TransportError `refused` naming what is missing, undeclared, or of another type or shape.
   */
  fromMessage({ tensors, scalars }: Pick<TransitionMessage, "tensors" | "scalars">): Transition {
    for (const name of Object.keys(tensors)) if (!this.#tensorNames.has(name)) throw unknown("tensor", name);
    for (const name of Object.keys(scalars)) if (!this.#scalarNames.has(name)) throw unknown("scalar", name);
    const observation: Record<string, Float32Array | Uint8Array> = {};
    const nextObservation: Record<string, Float32Array | Uint8Array> = {};
    for (const [key, feature] of this.#observations) {
      observation[key] = arrayOf(tensors, STATE + key, feature);
      nextObservation[key] = arrayOf(tensors, NEXT_STATE + key, feature);
    }
    const action = { dtype: "float32", shape: this.#features.action.shape } as const;
    const complementaryInfo: Record<string, number> = {};
    for (const name of this.#complementary) {
      const value = scalars[COMPLEMENTARY + name];
      if (value !== undefined) complementaryInfo[name] = value;
    }
    return {
      observation,
      nextObservation: nextObservation as ObservationArrays,
      complementaryInfo,
      action: arrayOf(tensors, ACTION, action) as Float32Array,
      reward: numberOf(scalars, "reward"),
      terminated: flagOf(scalars, "terminated"),
      truncated: flagOf(scalars, "truncated"),
      ...episodeOf(scalars),
    };
  }
}

function arrayOf(tensors: TransitionMessage["tensors"], name: string, { dtype, shape }: ArrayFeature) {
  const tensor = tensors[name];
  if (tensor === undefined) throw new TransportError("refused", `a transition lacks the tensor "${name}"`);
  if (tensor.dtype !== dtype || tensor.shape.join() !== shape.join()) {
    const is = `is ${tensor.dtype}[${tensor.shape.join(", ")}]`;
    throw new TransportError("refused", `"${name}" ${is}, this run stores ${dtype}[${shape.join(", ")}]`);
  }
  return tensor.data as Float32Array | Uint8Array;
}

function numberOf(scalars: TransitionMessage["scalars"], name: string): number {
  const value = scalars[name];
  if (value === undefined) throw new TransportError("refused", `a transition lacks the number "${name}"`);
  return value;
}

function episodeOf(scalars: TransitionMessage["scalars"]): { readonly episode?: number } {
  const episode = scalars[EPISODE];
  if (episode === undefined) return {};
  if (Number.isSafeInteger(episode) && episode >= 1) return { episode };
  throw new RefusedValueError("refused", `"${EPISODE}" is ${episode}; it counts from 1`);
}

function flagOf(scalars: TransitionMessage["scalars"], name: (typeof FLAGS)[number]): boolean {
  const value = numberOf(scalars, name);
  if (value !== 0 && value !== 1) throw new RefusedValueError("refused", `"${name}" is ${value}; it is 0 or 1`);
  return value === 1;
}

function unknown(kind: "tensor" | "scalar", name: string): TransportError {
  return new TransportError("refused", `a transition has the ${kind} "${name}", which this run does not store`);
}
