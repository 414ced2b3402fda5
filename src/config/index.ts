/** Configs: schemas by type, files with overrides, and errors that say where and what to write instead. */
export { describeIssues } from "./describe_issues.ts";
export { ConfigError, type ConfigProblem, formatProblems } from "./error.ts";
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
} from "./features.ts";
export { type JsonSchema, toJsonSchema } from "./json_schema.ts";
export { type LoadOptions, loadConfig, readConfigFile } from "./load.ts";
export { type Migration, migrateTrainingConfig, splitSacPolicy } from "./migrate.ts";
export { applyOverrides, type Override, parseOverrides } from "./overrides.ts";
export { parseConfig } from "./parse.ts";
export { type ConfigPath, formatPath, parsePath } from "./path.ts";
export { renderReference } from "./reference.ts";
export { type TypedConfig, TypeRegistry } from "./registry.ts";
export { unusedKeys } from "./schema_walk.ts";
