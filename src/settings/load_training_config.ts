/** Reads a training config from a file or from the package. */
import { existsSync } from "node:fs";
import { algorithmConfigs } from "../algorithms/config.ts";
import { loadPlugins } from "../algorithms/plugins.ts";
import { ConfigError } from "../config/error.ts";
import { loadConfig, readConfigFile } from "../config/load.ts";
import { migrateTrainingConfig, RENAMED_TRAINING_KEYS } from "../config/migration/migrate.ts";
import { isPlainObject } from "../config/path.ts";
import { isMixer } from "../data/mixers.ts";
import { policyConfigs } from "../policies/registry.ts";
import { transportConfigs } from "../transport/registry.ts";
import { findShipped, shippedNames } from "../utils/shipped.ts";
import { didYouMean } from "../utils/text/nearest.ts";
import { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "./config.ts";
import { loadNamedPlugins, namedPlugins, type PluginConsent, pluginAdvice, recordedPlugins } from "./named_plugins.ts";
import { otherConfigAdvice } from "./other_config_advice.ts";

export interface LoadTrainingConfigOptions {
  /** Arguments such as `--algorithm.discount=0.97`. */
  readonly overrides?: readonly string[];
  /** Plug-ins to load: paths relative to the working directory, or packages. */
  readonly plugins?: readonly string[];
  /**
   * Handling of plug-ins that only the file names. A function decides about each file; "skip" does not load them, so their
   * types are unknown. Default: refused, because they are code.
   */
  readonly namedPlugins?: PluginConsent | "skip";
  /** Omit an unknown algorithm, mixer or transport: acting does not need them. */
  readonly actsOnly?: boolean;
  /** Migrate configs of older LeRobot versions, and pass the list of changes here. */
  readonly onMigration?: (notes: readonly string[]) => void;
}

/**
 * @param path A file, or the name of a config that comes with the package, such as "pick_cube".
 * @returns the config with every default; `handrail.plugins` name files by their absolute paths, and those of `plugins` too.
 * @throws ConfigError that lists every problem; Error naming a plug-in that cannot be imported.
 */
export async function loadTrainingConfig(
  path: string,
  { overrides = [], plugins = [], namedPlugins: named = refuse, actsOnly, onMigration }: LoadTrainingConfigOptions = {},
): Promise<TrainRLServerPipelineConfig> {
  await loadPlugins(plugins);
  const file = findConfigFile(path);
  let code: readonly string[] = [];
  try {
    const config = await loadConfig(TrainRLServerPipelineConfigSchema, file, {
      overrides,
      migrate(written) {
        const advice = otherConfigAdvice(written);
        if (advice !== undefined) throw new ConfigError([{ path: "", message: advice }], file);
        const { config, notes } =
          onMigration === undefined ? { config: written, notes: [] } : migrateTrainingConfig(written);
        onMigration?.(notes);
        return actsOnly ? withoutUnknownTypes(config) : config;
      },
      async beforeParse(config) {
        code = namedPlugins(config, file);
        if (named !== "skip") await loadNamedPlugins(code, named);
      },
    });
    const recorded = recordedPlugins(code, plugins);
    return { ...config, handrail: { ...config.handrail, plugins: recorded } };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw await withAdvice(error, file, code, onMigration === undefined);
  }
}

const refuse: PluginConsent = async () => false;

/** @throws ConfigError if `path` is neither a file nor a config of the package. */
export function findConfigFile(path: string): string {
  if (existsSync(path)) return path;
  const shipped = findShipped("configs", path);
  if (shipped !== undefined) return shipped;
  const names = shippedNames("configs");
  const message = `no such file.${didYouMean(path, names)} Configs that come with Handrail: ${names.join(", ")}`;
  throw new ConfigError([{ path: "", message }], path);
}

function withoutUnknownTypes(config: unknown): unknown {
  if (!isPlainObject(config)) return config;
  const { algorithm, mixer, handrail, ...rest } = config;
  return {
    ...rest,
    ...(mixer !== undefined && !(typeof mixer === "string" && !isMixer(mixer)) && { mixer }),
    ...(algorithm !== undefined && !isUnknown(algorithm, algorithmConfigs) && { algorithm }),
    ...(handrail !== undefined && { handrail: withoutUnknownTransport(handrail) }),
  };
}

function withoutUnknownTransport(handrail: unknown): unknown {
  if (!isPlainObject(handrail) || !isUnknown(handrail.transport, transportConfigs)) return handrail;
  const { transport, ...rest } = handrail;
  return rest;
}

function isUnknown(config: unknown, registry: Pick<typeof transportConfigs, "find">): boolean {
  const type = isPlainObject(config) ? config.type : undefined;
  return typeof type === "string" && registry.find(type) === undefined;
}

/** Adds likely causes to the error: a plug-in that was not loaded, an older LeRobot. */
async function withAdvice(
  error: ConfigError,
  file: string,
  code: readonly string[],
  canMigrate: boolean,
): Promise<ConfigError> {
  const isUnknown = error.problems.some(({ message }) => /^unknown ([\w ]+ type|processor step|mixer)/.test(message));
  const written = canMigrate ? await readConfigFile(file).catch(() => undefined) : undefined;
  const { config, notes } = migrateTrainingConfig(written);
  const advice = isUnknown ? pluginAdvice(code) : "";
  if (advice === "" && notes.length === 0) return error;
  const problems = error.problems.map(({ path, message }) => {
    const name = RENAMED_TRAINING_KEYS.get(path);
    return { path, message: name === undefined ? message : `is called "${name}" now` };
  });
  if (advice !== "") problems.push({ path: "", message: advice });
  if (notes.length > 0 && isTrainable(config)) {
    const message = `This is a config of an older LeRobot: \`handrail config ${file} --migrate\` brings it up to date`;
    problems.push({ path: "", message });
  }
  return new ConfigError(problems, file, { cause: error });
}

/** Whether Handrail can train the config's policy. */
function isTrainable(config: unknown): boolean {
  const type = isPlainObject(config) && isPlainObject(config.policy) ? config.policy.type : undefined;
  return typeof type !== "string" || policyConfigs.find(type) !== undefined;
}
