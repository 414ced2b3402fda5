/** Makes the teleoperator that a training config names in `env.teleop`. */
import { pluginSpecifier } from "../algorithms/plugins.ts";
import type { TypedConfig } from "../config/schema/registry.ts";
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import { pluginAdvice } from "../settings/named_plugins.ts";
import {
  DASHBOARD_TELEOPERATOR,
  makeTeleoperator,
  parseTeleoperatorConfig,
  type TeleoperatorContext,
  teleoperatorConfigs,
} from "../teleoperators/registry.ts";
import type { Teleoperator } from "../teleoperators/teleoperator.ts";
import type { ConfiguredEnv } from "./make_processed_env.ts";

type Config = Pick<TrainRLServerPipelineConfig, "env" | "handrail">;

/** The config's `env.teleop`; undefined without one. */
export function teleopOf({ env }: Pick<Config, "env">): TypedConfig | undefined {
  return (env as { readonly teleop?: TypedConfig | null } | null)?.teleop ?? undefined;
}

/** Whether the config's teleoperator is the dashboard. */
export function wantsDashboard(config: Pick<Config, "env">): boolean {
  return teleopOf(config)?.type === DASHBOARD_TELEOPERATOR;
}

/** Call it before slow work. @throws ConfigError for a teleoperator that cannot be made. */
export function requireTeleoperator(config: Config): void {
  const teleop = teleopOf(config);
  if (teleop === undefined) return;
  const { plugins } = config.handrail;
  const advice = teleoperatorConfigs.types.includes(teleop.type)
    ? ""
    : pluginAdvice(plugins.map((name) => pluginSpecifier(name)));
  try {
    parseTeleoperatorConfig(teleop);
  } catch (error) {
    if (advice === "") throw error;
    throw new Error(`${(error as Error).message}. ${advice}`, { cause: error });
  }
}

/** The environment for a teleoperator, with the policy's action space. */
function steeredEnv({ env, policyActionSpace }: ConfiguredEnv): TeleoperatorContext["env"] {
  const { id, controlFrequencyHz } = env;
  return { id, actionSpace: policyActionSpace, ...(controlFrequencyHz !== undefined && { controlFrequencyHz }) };
}

/** Context of a teleoperator that demonstrates, as the only one that steers. */
export function demonstratorPlace(processedEnv: ConfiguredEnv, seed: number): TeleoperatorContext {
  const { scene } = processedEnv;
  return { env: steeredEnv(processedEnv), seed, mode: "demonstrate", ...(scene && { scene }) };
}

export interface MakeConfiguredTeleoperatorOptions extends Pick<TeleoperatorContext, "mode" | "seed"> {
  readonly processedEnv: ConfiguredEnv;
  /** Teleoperators of people; the dashboard's page is one of them, if it is open. */
  readonly people?: readonly Teleoperator[];
}

/**
 * @returns undefined if the config names none.
 * @throws ConfigError for a teleoperator that cannot be made; Error for one that cannot steer the environment.
 */
export async function makeConfiguredTeleoperator(
  config: Config,
  { processedEnv, people = [], mode, seed }: MakeConfiguredTeleoperatorOptions,
): Promise<Teleoperator | undefined> {
  const teleop = teleopOf(config);
  if (teleop === undefined) return undefined;
  requireTeleoperator(config);
  const { scene } = processedEnv;
  const env = steeredEnv(processedEnv);
  const page = people.find(({ id }) => id === DASHBOARD_TELEOPERATOR);
  return await makeTeleoperator({ ...teleop }, { env, mode, seed, ...(scene && { scene }), ...(page && { page }) });
}
