/** Simulations by id: Handrail's own, and those that a plug-in registers. */
import { z } from "zod";
import { parseConfig } from "../config/parse.ts";
import type { PolicyFeatures } from "../config/schema/features.ts";
import { didYouMean } from "../utils/text/nearest.ts";
import type { Env } from "./env.ts";
import type { GymManipulatorConfig } from "./gym_manipulator/config.ts";
import { pandaGymOptions } from "./panda_pick_cube/gym_options.ts";
import { shareMuJoCoCode } from "./panda_pick_cube/mujoco/shared_code.ts";
import { PandaEnv } from "./panda_pick_cube/panda_env.ts";
import { PANDA_VARIANTS } from "./panda_pick_cube/variants.ts";
import { Pendulum } from "./pendulum.ts";
import type { EnvCapabilities, ProcessedEnv } from "./processed_env.ts";

export type EnvOptions = Readonly<Record<string, unknown>>;

/** An environment with its capabilities. */
export interface Simulation extends EnvCapabilities, Pick<ProcessedEnv, "measure"> {
  readonly env: Env;
}

export type EnvFactory = (options: EnvOptions) => Promise<Env | Simulation>;

/** Maps the keys of a `gym_manipulator` config to options of a simulation's factory. */
export type GymOptions = (config: GymManipulatorConfig, inputFeatures: PolicyFeatures) => EnvOptions;

interface RegisteredSimulation {
  readonly factory: EnvFactory;
  readonly gymOptions?: GymOptions | undefined;
  /** Loads once what each thread would otherwise load again. */
  readonly share?: () => Promise<void>;
}

const pendulumOptions = z.strictObject({ seed: z.int().default(0) });

const simulations = new Map<string, RegisteredSimulation>([
  ...PANDA_VARIANTS.map((variant): [string, RegisteredSimulation] => [
    variant.id,
    {
      async factory(options) {
        const env = await PandaEnv.create(variant, options);
        return { env, scene: env, display: env.sceneSource, film: env };
      },
      gymOptions: pandaGymOptions,
      share: shareMuJoCoCode,
    },
  ]),
  [
    "Pendulum-v1",
    {
      factory: async (options) => new Pendulum(parseConfig(pendulumOptions, options, "options of Pendulum-v1").seed),
    },
  ],
]);

/** The ids that `makeEnv` knows. */
export function envIds(): readonly string[] {
  return [...simulations.keys()];
}

/**
 * Adds a simulation, which configs of type `gym_manipulator` then name as their `task`.
 *
 * @param gymOptions Maps the config's keys to its options. Default: only `seed` and `handrail.environment` are passed.
 * @throws Error if the id is taken.
 */
export function registerEnv(id: string, factory: EnvFactory, gymOptions?: GymOptions): void {
  if (simulations.has(id)) throw new Error(`the environment "${id}" is already registered`);
  simulations.set(id, { factory, gymOptions });
}

/**
 * Makes an environment.
 *
 * @param id one of `envIds()`; a leading `gym_hil/` is allowed.
 * @param options what the environment documents; keys may be written as in config files.
 * @throws Error for an unknown id or option, naming it and the nearest known one.
 */
export async function makeEnv(id: string, options: EnvOptions = {}): Promise<Env> {
  return (await makeSimulation(id, options)).env;
}

/** Makes threads started afterwards create this environment faster. Does nothing for an unknown id. */
export async function shareWithThreads(id: string): Promise<void> {
  await simulations.get(withoutPrefix(id))?.share?.();
}

/** Like `makeEnv`, with the environment's capabilities. */
export async function makeSimulation(id: string, options: EnvOptions = {}): Promise<Simulation> {
  const made = await simulationOf(id).factory(options);
  return "step" in made ? { env: made } : made;
}

/** Options of a simulation from a config's keys. @throws Error for an unknown id. */
export function gymOptionsOf(id: string, config: GymManipulatorConfig, inputFeatures: PolicyFeatures): EnvOptions {
  return simulationOf(id).gymOptions?.(config, inputFeatures) ?? {};
}

function simulationOf(id: string): RegisteredSimulation {
  const known = simulations.get(withoutPrefix(id));
  if (known !== undefined) return known;
  throw new Error(`unknown environment "${id}".${didYouMean(id, simulations.keys())} Known: ${envIds().join(", ")}`);
}

function withoutPrefix(id: string): string {
  return id.replace(/^gym_hil\//, "");
}
