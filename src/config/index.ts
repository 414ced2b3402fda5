/** Configs: schemas by type, files with overrides, and errors that say where and what to write instead. */

export { ConfigError, type ConfigProblem, formatProblems } from "./error.ts";
export { type LoadOptions, loadConfig, readConfigFile } from "./load.ts";
export { type Migration, migrateTrainingConfig, splitSacPolicy } from "./migration/migrate.ts";
export { applyOverrides, type Override, parseOverrides } from "./overrides/overrides.ts";
export { parseConfig } from "./parse.ts";
export { type ConfigPath, formatPath, parsePath } from "./path.ts";
export { describeIssues } from "./schema/describe_issues.ts";
export {
  type DatasetStats,
  DatasetStatsSchema,
  type FeatureType,
  IMAGENET_STATS,
  type NormalizationMapping,
  NormalizationMappingSchema,
  type NormalizationMode,
  type PolicyFeature,
  PolicyFeatureSchema,
  type PolicyFeatures,
  PolicyFeaturesSchema,
} from "./schema/features.ts";
export { type JsonSchema, toJsonSchema } from "./schema/json_schema.ts";
export { renderReference } from "./schema/reference.ts";
export { type TypedConfig, TypeRegistry } from "./schema/registry.ts";
export { unusedKeys } from "./schema/schema_walk.ts";
