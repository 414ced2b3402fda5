/** Validates transitions before they are stored; a rejection names the faulty field. */

import { MAX_MAGNITUDE } from "./bounds.ts";
import { type ActionFeature, type ArrayFeature, actionBound, elementCount, type ReplayFeatures } from "./features.ts";
import type { ObservationArrays, Transition, TransitionAmendment } from "./transition.ts";

/** Reasons for a rejection. */
export type RejectionReason =
  /** A declared field is absent. */
  | "missing"
  /** A field is not declared. */
  | "undeclared"
  /** A field has the wrong type. */
  | "dtype"
  /** An array has the wrong number of elements. */
  | "shape"
  /** NaN or infinite, also once rounded to float32. */
  | "not_finite"
  /** An action outside its declared bounds. */
  | "out_of_bounds"
  /** A number beyond `MAX_MAGNITUDE`. */
  | "too_large"
  /** A fraction in place of a whole number, such as 0.37 for a flag. */
  | "not_whole";

/** Reasons concerning a transition's numbers; all others mean that the sender uses other features. */
export const REASONS_OF_VALUES: ReadonlySet<RejectionReason> = new Set([
  "not_finite",
  "out_of_bounds",
  "too_large",
  "not_whole",
]);

/** A transition was refused; nothing of it was stored. */
export class TransitionRejectedError extends Error {
  override readonly name = "TransitionRejectedError";
  readonly reason: RejectionReason;
  /** For example `nextObservation.observation.state`. */
  readonly field: string;

  constructor(reason: RejectionReason, field: string, message: string) {
    super(`transition rejected: ${field} ${message}`);
    this.reason = reason;
    this.field = field;
  }
}

export class TransitionValidator {
  readonly #observation: readonly (readonly [string, ArrayFeature, number])[];
  readonly #action: ActionFeature;
  readonly #low: Float32Array;
  readonly #high: Float32Array;
  readonly #discrete: readonly number[];
  readonly #complementary: readonly (readonly [name: string, fallback: number | undefined, flag: boolean])[];

  constructor(features: ReplayFeatures) {
    this.#observation = Object.entries(features.observation).map(([name, feature]) => [
      name,
      feature,
      elementCount(feature.shape),
    ]);
    this.#action = features.action;
    this.#low = actionBound(features.action, "low");
    this.#high = actionBound(features.action, "high");
    this.#complementary = Object.entries(features.complementaryInfo ?? {}).map(([name, feature]) => [
      name,
      feature.default,
      feature.flag ?? false,
    ]);
    this.#discrete = features.action.discrete ?? [];
  }

  /** @throws TransitionRejectedError for the first problem found. */
  check(transition: Transition): void {
    this.#checkObservation("observation", transition.observation);
    this.#checkObservation("nextObservation", transition.nextObservation);
    this.#checkAction(transition.action);
    checkNumber("reward", transition.reward);
    checkFlag("terminated", transition.terminated);
    checkFlag("truncated", transition.truncated);
    checkEpisode(transition.episode);
    this.#checkComplementary(transition.complementaryInfo);
  }

  #checkObservation(side: "observation" | "nextObservation", arrays: ObservationArrays): void {
    if (arrays === null || typeof arrays !== "object") {
      throw new TransitionRejectedError("missing", side, "is missing");
    }
    for (let i = 0; i < this.#observation.length; i++) {
      const [name, { dtype, shape }, length] = this.#observation[i]!;
      const array = arrays[name];
      if (array === undefined) throw new TransitionRejectedError("missing", `${side}.${name}`, "is missing");
      if (!(dtype === "uint8" ? array instanceof Uint8Array : array instanceof Float32Array)) {
        throw new TransitionRejectedError("dtype", `${side}.${name}`, `must be ${dtype}, got ${typeName(array)}`);
      }
      if (array.length !== length) throw wrongLength(`${side}.${name}`, shape, array.length);
      if (dtype === "float32") checkFinite(side, name, array);
    }
    let keys = 0;
    for (const _ in arrays) keys++;
    if (keys === this.#observation.length) return;
    const declared = this.#observation.map(([name]) => name);
    for (const name in arrays) {
      if (declared.includes(name)) continue;
      throw new TransitionRejectedError("undeclared", `${side}.${name}`, `is not one of ${declared.join(", ")}`);
    }
  }

  #checkAction(action: Float32Array): void {
    if (!(action instanceof Float32Array)) {
      throw new TransitionRejectedError("dtype", "action", `must be float32, got ${typeName(action)}`);
    }
    if (action.length !== this.#low.length) throw wrongLength("action", this.#action.shape, action.length);
    checkFinite("action", "", action);
    for (let i = 0; i < action.length; i++) {
      if (action[i]! < this.#low[i]! || action[i]! > this.#high[i]!) {
        const message = `is ${action[i]}, outside [${this.#low[i]}, ${this.#high[i]}]`;
        throw new TransitionRejectedError("out_of_bounds", `action[${i}]`, message);
      }
    }
    for (const i of this.#discrete) {
      if (Number.isInteger(action[i])) continue;
      throw new TransitionRejectedError("not_whole", `action[${i}]`, `is ${action[i]}, which is not a whole number`);
    }
  }

  #checkComplementary(info: Readonly<Record<string, number>> = {}): void {
    for (let i = 0; i < this.#complementary.length; i++) {
      const [name, fallback, flag] = this.#complementary[i]!;
      const value = info[name] ?? fallback;
      if (value === undefined) throw new TransitionRejectedError("missing", `complementaryInfo.${name}`, "is missing");
      checkNumber(`complementaryInfo.${name}`, value);
      if (!flag || value === 0 || value === 1) continue;
      throw new TransitionRejectedError("not_whole", `complementaryInfo.${name}`, `is ${value}; it is 0 or 1`);
    }
    for (const name in info) {
      if (!this.#complementary.some(([declared]) => declared === name)) {
        throw new TransitionRejectedError("undeclared", `complementaryInfo.${name}`, "is not declared");
      }
    }
  }
}

/** @throws TransitionRejectedError for an invalid value. */
export function checkAmendment({ reward, terminated, truncated }: TransitionAmendment): void {
  if (reward !== undefined) checkNumber("reward", reward);
  if (terminated !== undefined) checkFlag("terminated", terminated);
  if (truncated !== undefined) checkFlag("truncated", truncated);
}

function checkFinite(side: string, name: string, array: Float32Array | Uint8Array): void {
  for (let i = 0; i < array.length; i++) {
    const value = array[i]!;
    // Also false for NaN.
    if (Math.abs(value) <= MAX_MAGNITUDE) continue;
    const field = name === "" ? `${side}[${i}]` : `${side}.${name}[${i}]`;
    if (!Number.isFinite(value)) throw new TransitionRejectedError("not_finite", field, `is ${value}`);
    throw tooLarge(field, value);
  }
}

function checkNumber(field: string, value: number): void {
  if (typeof value !== "number") {
    throw new TransitionRejectedError("dtype", field, `must be a number, got ${typeName(value)}`);
  }
  if (!Number.isFinite(Math.fround(value))) {
    throw new TransitionRejectedError("not_finite", field, `is ${value}, which is not finite as float32`);
  }
  if (Math.abs(value) > MAX_MAGNITUDE) throw tooLarge(field, value);
}

function tooLarge(field: string, value: number): TransitionRejectedError {
  return new TransitionRejectedError("too_large", field, `is ${value}; at most ±${MAX_MAGNITUDE} can be trained on`);
}

/** Stored as 32 bits, where 0 means unknown. */
function checkEpisode(episode: number | undefined): void {
  if (episode === undefined || (Number.isInteger(episode) && episode >= 1 && episode < 2 ** 32)) return;
  throw new TransitionRejectedError("not_whole", "episode", `is ${episode}; it counts from 1 to 2³² − 1`);
}

function checkFlag(field: string, value: boolean): void {
  if (typeof value !== "boolean") {
    throw new TransitionRejectedError("dtype", field, `must be true or false, got ${typeName(value)}`);
  }
}

function wrongLength(field: string, shape: readonly number[], length: number): TransitionRejectedError {
  return new TransitionRejectedError(
    "shape",
    field,
    `needs ${elementCount(shape)} elements for the shape [${shape.join(", ")}], got ${length}`,
  );
}

function typeName(value: unknown): string {
  return value === null || typeof value !== "object" ? String(value) : (value.constructor?.name ?? "an object");
}
