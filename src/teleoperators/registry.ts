/** Teleoperators by the `type` of their config. A plug-in is a module that calls `registerTeleoperator` when it is imported. */
import { z } from "zod";
import { parseConfig } from "../config/parse.ts";
import { type TypedConfig, TypeRegistry } from "../config/schema/registry.ts";
import type { Env } from "../envs/env.ts";
import type { Watchable } from "../envs/watchable.ts";
import { ScriptedTeleoperatorSchema, scriptedOperatorOf } from "./scripted/config.ts";
import type { Teleoperator } from "./teleoperator.ts";

/** The part that every teleoperator's config has: its registered name. */
export type TeleoperatorConfig = TypedConfig;

/** Context in which a teleoperator is created. */
export interface TeleoperatorContext {
  /** The steered environment. `getAction` returns actions of its space, which is the policy's. */
  readonly env: Pick<Env, "id" | "actionSpace" | "controlFrequencyHz">;
  /** Scene for programs that stand in for a person; absent if the environment offers none. */
  readonly scene?: Watchable;
  /** `"demonstrate"`: the teleoperator always steers. `"intervene"`: a policy acts until a teleoperator takes over. */
  readonly mode: "demonstrate" | "intervene";
  /** For programs that stand in for a person. */
  readonly seed: number;
  /** The dashboard's page as a device; absent if none is open or if it cannot steer the environment's actions. */
  readonly page?: Teleoperator;
}

export interface TeleoperatorType<Config extends TeleoperatorConfig = TeleoperatorConfig> {
  /** Strict, with `type: z.literal(type)`. The config is `env.teleop`. */
  readonly schema: z.ZodType<Config>;
  /**
   * Whether it is a program that stands in for a person. It does not run in real time and makes a run's own demonstrations,
   * several in parallel threads. Its behaviour in an episode depends only on that episode's seed. Default: false.
   */
  readonly isProgram?: boolean;
  /** Opens nothing; `connect` does. @throws Error if the device cannot steer the environment. */
  create(config: Config, context: TeleoperatorContext): Teleoperator | Promise<Teleoperator>;
}

export const DASHBOARD_TELEOPERATOR = "dashboard";
export const SCRIPTED_TELEOPERATOR = "scripted";

/** The teleoperators a config can name. */
export const teleoperatorConfigs = new TypeRegistry<TeleoperatorConfig>("teleoperator");

const types = new Map<string, TeleoperatorType>();

/**
 * Makes `type` available to configs (`env.teleop`) and to `makeTeleoperator`.
 *
 * @throws Error when the type is taken.
 */
export function registerTeleoperator<Config extends TeleoperatorConfig>(
  type: string,
  teleoperatorType: TeleoperatorType<Config>,
): void {
  teleoperatorConfigs.register(type, teleoperatorType.schema as unknown as z.ZodType<TeleoperatorConfig>);
  types.set(type, teleoperatorType as unknown as TeleoperatorType);
}

/** See `TeleoperatorType.isProgram`. */
export function isProgram({ type }: TeleoperatorConfig): boolean {
  return types.get(type)?.isProgram ?? false;
}

/** `env.teleop` as it is checked: problems have the paths that they have in a training config. */
const EnvTeleop = z.object({ env: z.object({ teleop: teleoperatorConfigs.schema }) });

/** @returns the config with its defaults. @throws ConfigError for an unknown type or key. */
export function parseTeleoperatorConfig(config: unknown): TeleoperatorConfig {
  return parseConfig(EnvTeleop, { env: { teleop: config } }).env.teleop;
}

/**
 * The teleoperator that a config describes, not connected yet.
 *
 * @throws ConfigError for an unknown type or key; Error if it cannot steer the environment.
 */
export async function makeTeleoperator(
  config: TeleoperatorConfig & Readonly<Record<string, unknown>>,
  context: TeleoperatorContext,
): Promise<Teleoperator> {
  const parsed = parseTeleoperatorConfig(config);
  return await types.get(parsed.type)!.create(parsed, context);
}

registerTeleoperator(DASHBOARD_TELEOPERATOR, {
  schema: z.strictObject({ type: z.literal(DASHBOARD_TELEOPERATOR) }),
  create(_, { page, env }) {
    if (page !== undefined) return page;
    throw new Error(
      `env.teleop.type is "dashboard", but no open dashboard can steer ${env.id}: the page steers actions of ` +
        `3 or 4 numbers, these have shape [${env.actionSpace.shape.join(", ")}]`,
    );
  },
});
registerTeleoperator(SCRIPTED_TELEOPERATOR, {
  schema: ScriptedTeleoperatorSchema,
  isProgram: true,
  create: (config, context) => scriptedOperatorOf(config, context),
});

const PAGE = 'Use "dashboard": its page supports keyboard, gamepads and touch';
for (const [names, advice] of [
  [["gamepad", "keyboard", "keyboard_ee", "phone"], PAGE],
  [
    [
      ...["so100_leader", "so101_leader", "bi_so100_leader", "bi_so_leader", "koch_leader", "omx_leader"],
      ...["openarm_leader", "homunculus_arm", "homunculus_glove", "reachy2_teleoperator"],
    ],
    'Use "dashboard" or "scripted", or register your own in a plug-in',
  ],
] as const) {
  for (const name of names) {
    teleoperatorConfigs.retire(name, `LeRobot's teleoperator "${name}" is not available yet. ${advice}`);
  }
}
