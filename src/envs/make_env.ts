/** Environments by id: Handrail's own, and those that a plug-in registers. */
import { didYouMean } from "../utils/nearest.ts";
import type { Env } from "./env.ts";
import { PandaEnv } from "./panda_pick_cube/panda_env.ts";
import { PANDA_VARIANTS } from "./panda_pick_cube/variants.ts";

export type EnvOptions = Readonly<Record<string, unknown>>;
export type EnvFactory = (options: EnvOptions) => Promise<Env>;

const factories = new Map<string, EnvFactory>(
  PANDA_VARIANTS.map((variant) => [variant.id, (options) => PandaEnv.create(variant, options)]),
);

/** The ids that `makeEnv` knows. */
export function envIds(): readonly string[] {
  return [...factories.keys()];
}

/** Adds an environment. @throws Error if the id is taken. */
export function registerEnv(id: string, factory: EnvFactory): void {
  if (factories.has(id)) throw new Error(`the environment "${id}" is already registered`);
  factories.set(id, factory);
}

/**
 * Makes an environment.
 *
 * @param id one of `envIds()`; a leading `gym_hil/` is allowed.
 * @param options what the environment documents; keys may be written as in config files.
 * @throws Error for an unknown id or option, naming it and the nearest known one.
 */
export async function makeEnv(id: string, options: EnvOptions = {}): Promise<Env> {
  const factory = factories.get(id.replace(/^gym_hil\//, ""));
  if (factory === undefined) {
    throw new Error(`unknown environment "${id}".${didYouMean(id, factories.keys())} Known: ${envIds().join(", ")}`);
  }
  return factory(options);
}
