/** Environments by id: Handrail's own, and those that a plug-in registers. */
import { z } from "zod";
import { parseConfig } from "../config/parse.ts";
import { didYouMean } from "../utils/nearest.ts";
import type { Env } from "./env.ts";
import { PandaEnv } from "./panda_pick_cube/panda_env.ts";
import { PANDA_VARIANTS } from "./panda_pick_cube/variants.ts";
import { Pendulum } from "./pendulum.ts";

export type EnvOptions = Readonly<Record<string, unknown>>;
export type EnvFactory = (options: EnvOptions) => Promise<Env>;

const pendulumOptions = z.strictObject({ seed: z.int().default(0) });

const factories = new Map<string, EnvFactory>([
  ...PANDA_VARIANTS.map((variant): [string, EnvFactory] => [
    variant.id,
    (options) => PandaEnv.create(variant, options),
  ]),
  [
    "Pendulum-v1",
    async (options) => new Pendulum(parseConfig(pendulumOptions, options, "options of Pendulum-v1").seed),
  ],
]);

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
