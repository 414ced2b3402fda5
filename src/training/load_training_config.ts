/** Reads a training config; the plug-ins that it names are imported first, so that their types are known. */
import { dirname } from "node:path";
import { z } from "zod";
import { loadPlugins } from "../algorithms/registry.ts";
import { loadConfig } from "../config/load.ts";
import { migrateTrainingConfig } from "../config/migrate.ts";
import { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "./config.ts";

export interface LoadTrainingConfigOptions {
  /** Arguments such as `--algorithm.discount=0.97`. */
  readonly overrides?: readonly string[];
  /** Plug-ins besides those of the file: paths relative to the working directory, or packages. */
  readonly plugins?: readonly string[];
  /** Import the plug-ins that the file names: yes unless told. Not for a file from elsewhere, since they are code. */
  readonly importPlugins?: boolean;
  /** Bring configs of older LeRobot versions up to date; told what was changed. */
  readonly onMigration?: (notes: readonly string[]) => void;
}

const NamedPlugins = z.object({ handrail: z.object({ plugins: z.array(z.string()) }) });

/** @throws ConfigError that lists every problem; Error naming a plug-in that cannot be imported. */
export async function loadTrainingConfig(
  path: string,
  { overrides = [], plugins = [], importPlugins = true, onMigration }: LoadTrainingConfigOptions = {},
): Promise<TrainRLServerPipelineConfig> {
  await loadPlugins(plugins);
  return await loadConfig(TrainRLServerPipelineConfigSchema, path, {
    overrides,
    migrate(config) {
      if (onMigration === undefined) return config;
      const migration = migrateTrainingConfig(config);
      onMigration(migration.notes);
      return migration.config;
    },
    async beforeParse(config) {
      if (!importPlugins) return;
      // What is not a list of names is left to the schema, which says so with its path.
      const named = NamedPlugins.safeParse(config);
      if (named.success) await loadPlugins(named.data.handrail.plugins, dirname(path));
    },
  });
}
