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

/** An environment with what else it can do. */
export interface Simulation extends EnvCapabilities, Pick<ProcessedEnv, "measure"> {
  readonly env: Env;
}

export type EnvFactory = (options: EnvOptions) => Promise<Env | Simulation>;

/** What the keys of a `gym_manipulator` config mean to a simulation, as options for its factory. */
export type GymOptions = (config: GymManipulatorConfig, inputFeatures: PolicyFeatures) => EnvOptions;

interface RegisteredSimulation {
  readonly factory: EnvFactory;
  readonly gymOptions?: GymOptions | undefined;
  /** Loads once what every thread that makes it would load for itself. */
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
 * @param gymOptions What the config's keys mean to it. Default: nothing; it gets `seed` and `handrail.environment`.
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

/** Threads that are started after this begin sooner where they make this environment, if this thread knows it. */
export async function shareWithThreads(id: string): Promise<void> {
  await simulations.get(withoutPrefix(id))?.share?.();
}

/** Like `makeEnv`, with what else the environment can do. */
export async function makeSimulation(id: string, options: EnvOptions = {}): Promise<Simulation> {
  const made = await simulationOf(id).factory(options);
  return "step" in made ? { env: made } : made;
}

/** What a config's keys mean to a simulation. @throws Error for an unknown id. */
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
