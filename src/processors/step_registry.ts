/** Steps by the name they have in files. A plug-in adds its own with one `register` call. */
import { z } from "zod";
import { DatasetStatsSchema, NormalizationMappingSchema, PolicyFeaturesSchema } from "../config/features.ts";
import { parseConfig } from "../config/parse.ts";
import type { TensorRecord } from "../tensor/safetensors_layout.ts";
import { didYouMean } from "../utils/nearest.ts";
import { AddBatchDimensionProcessorStep, DeviceProcessorStep, RenameObservationsProcessorStep } from "./basic_steps.ts";
import { NormalizerProcessorStep, statsFromState, UnnormalizerProcessorStep } from "./normalize.ts";
import type { ProcessorStep } from "./step.ts";

export interface StepType<Schema extends z.ZodType> {
  readonly name: string;
  /** Of the step's `config` in a file; strict, so that a misspelt key is found. */
  readonly schema: Schema;
  create(config: z.output<Schema>, state: TensorRecord): ProcessorStep;
}

export class StepRegistry {
  readonly #types = new Map<string, (config: unknown, state: TensorRecord, source: string) => ProcessorStep>();

  /** @throws Error if the name is taken. */
  register<Schema extends z.ZodType>({ name, schema, create }: StepType<Schema>): this {
    if (this.#types.has(name)) throw new Error(`the processor step "${name}" is already registered`);
    this.#types.set(name, (config, state, source) => create(parseConfig(schema, config, source), state));
    return this;
  }

  get names(): readonly string[] {
    return [...this.#types.keys()];
  }

  /**
   * @param source Where the config comes from, for error messages.
   * @throws Error for an unknown name; ConfigError for a config that does not fit the step.
   */
  create(name: string, config: unknown, state: TensorRecord, source: string): ProcessorStep {
    const create = this.#types.get(name);
    if (create !== undefined) return create(config, state, source);
    const known = this.names.join(", ");
    throw new Error(`${source}: unknown processor step "${name}".${didYouMean(name, this.names)} Known: ${known}`);
  }
}

const NormalizerConfigSchema = z.strictObject({
  eps: z.number().positive().default(1e-8),
  features: PolicyFeaturesSchema,
  norm_map: NormalizationMappingSchema,
  normalize_observation_keys: z.array(z.string()).optional(),
  stats: DatasetStatsSchema.optional().describe("In place of the saved statistics."),
});

function normalizerOptions(config: z.output<typeof NormalizerConfigSchema>, state: TensorRecord) {
  return {
    features: config.features,
    normMap: config.norm_map,
    stats: config.stats ?? statsFromState(state),
    eps: config.eps,
    ...(config.normalize_observation_keys && { normalizeObservationKeys: config.normalize_observation_keys }),
  };
}

export const processorSteps = new StepRegistry()
  .register({
    name: "rename_observations_processor",
    schema: z.strictObject({ rename_map: z.record(z.string(), z.string()).default({}) }),
    create: ({ rename_map }) => new RenameObservationsProcessorStep(rename_map),
  })
  .register({
    name: "to_batch_processor",
    schema: z.strictObject({}),
    create: () => new AddBatchDimensionProcessorStep(),
  })
  .register({
    name: "device_processor",
    schema: z.strictObject({ device: z.string().default("cpu"), float_dtype: z.string().nullable().default(null) }),
    create: (config) => new DeviceProcessorStep(config),
  })
  .register({
    name: "normalizer_processor",
    schema: NormalizerConfigSchema,
    create: (config, state) => new NormalizerProcessorStep(normalizerOptions(config, state)),
  })
  .register({
    name: "unnormalizer_processor",
    schema: NormalizerConfigSchema,
    create: (config, state) => new UnnormalizerProcessorStep(normalizerOptions(config, state)),
  });
