/** The teleoperator that a training config names in `env.teleop`. */
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

/** What `env.teleop` is; undefined where the config names none. */
export function teleopOf({ env }: Pick<Config, "env">): TypedConfig | undefined {
  return (env as { readonly teleop?: TypedConfig | null } | null)?.teleop ?? undefined;
}

/** Whether the config wants a person at the dashboard's page. */
export function wantsDashboard(config: Pick<Config, "env">): boolean {
  return teleopOf(config)?.type === DASHBOARD_TELEOPERATOR;
}

/** @throws ConfigError for a teleoperator that cannot be had, to be called before anything that takes long. */
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

/** The environment as a teleoperator steers it: in the policy's action space. */
function steeredEnv({ env, policyActionSpace }: ConfiguredEnv): TeleoperatorContext["env"] {
  const { id, controlFrequencyHz } = env;
  return { id, actionSpace: policyActionSpace, ...(controlFrequencyHz !== undefined && { controlFrequencyHz }) };
}

/** Where a teleoperator demonstrates: nobody else steers. */
export function demonstratorPlace(processedEnv: ConfiguredEnv, seed: number): TeleoperatorContext {
  const { scene } = processedEnv;
  return { env: steeredEnv(processedEnv), seed, mode: "demonstrate", ...(scene && { scene }) };
}

export interface MakeConfiguredTeleoperatorOptions extends Pick<TeleoperatorContext, "mode" | "seed"> {
  readonly processedEnv: ConfiguredEnv;
  /** Who may take over anyway; the dashboard's page is looked for among them. */
  readonly people?: readonly Teleoperator[];
}

/**
 * @returns undefined where the config names none.
 * @throws ConfigError for a teleoperator that cannot be had; Error for one that cannot steer the environment.
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
  return await makeTeleoperator(
    { ...teleop },
    { ...{ env, mode, seed }, ...(scene && { scene }), ...(page && { page }) },
  );
}
