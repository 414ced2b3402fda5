/** Steps by the name they have in files and configs. A plug-in adds its own with one `register` call. */
import { z } from "zod";
import { parseConfig } from "../config/parse.ts";
import { DatasetStatsSchema, NormalizationMappingSchema, PolicyFeaturesSchema } from "../config/schema/features.ts";
import { TypeRegistry } from "../config/schema/registry.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { didYouMean } from "../utils/text/nearest.ts";
import type { ProcessorStep, StepConfig } from "./step.ts";
import {
  AddBatchDimensionProcessorStep,
  DeviceProcessorStep,
  RenameObservationsProcessorStep,
} from "./steps/basic_steps.ts";
import { GripperPenaltyProcessorStep } from "./steps/gripper_penalty_step.ts";
import { GymHILAdapterProcessorStep } from "./steps/gym_hil_adapter_step.ts";
import { ImageCropResizeProcessorStep } from "./steps/image_crop_resize_step.ts";
import { InterventionActionProcessorStep } from "./steps/intervention_step.ts";
import { NormalizerProcessorStep, statsFromState, UnnormalizerProcessorStep } from "./steps/normalize.ts";
import { VanillaObservationProcessorStep } from "./steps/observation_step.ts";
import { TimeLimitProcessorStep } from "./steps/time_limit_step.ts";

export interface StepType<Schema extends z.ZodType> {
  readonly name: string;
  /** Schema of the step's `config` in a file; strict, so that misspelt keys are found. */
  readonly schema: Schema;
  create(config: z.output<Schema>, state: TensorRecord): ProcessorStep;
}

/** A step as a config names it, in the spelling of LeRobot's files. */
export interface StepEntry {
  readonly registry_name: string;
  readonly config: StepConfig;
}

export class StepRegistry {
  readonly #entries = new TypeRegistry<StepEntry>("processor step", { key: "registry_name" });
  readonly #types = new Map<string, (config: unknown, state: TensorRecord, source: string) => ProcessorStep>();

  /** Parses a step that a config names, with the defaults of its settings; made to be a field of another schema. */
  get entrySchema(): z.ZodType<StepEntry> {
    return this.#entries.schema;
  }

  /** @throws Error if the name is taken. */
  register<Schema extends z.ZodType>({ name, schema, create }: StepType<Schema>): this {
    const config = (schema as z.ZodType<StepConfig, StepConfig>).prefault({}).describe("The step's settings.");
    this.#entries.register(name, z.strictObject({ registry_name: z.literal(name), config }));
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

const pixels = z.int().min(0);

const NormalizerConfigSchema = z.strictObject({
  eps: z.number().positive().default(1e-8),
  features: PolicyFeaturesSchema,
  norm_map: NormalizationMappingSchema,
  normalize_observation_keys: z.array(z.string()).optional(),
  stats: DatasetStatsSchema.optional().describe("Statistics that replace the saved ones."),
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
  })
  .register({
    name: "observation_processor",
    schema: z.strictObject({}),
    create: () => new VanillaObservationProcessorStep(),
  })
  .register({
    name: "image_crop_resize_processor",
    schema: z.strictObject({
      crop_params_dict: z
        .record(z.string(), z.tuple([pixels, pixels, pixels, pixels]))
        .nullable()
        .default(null),
      resize_size: z.tuple([pixels, pixels]).nullable().default(null),
    }),
    create: ({ crop_params_dict, resize_size }) =>
      new ImageCropResizeProcessorStep({
        ...(crop_params_dict && { cropParams: crop_params_dict }),
        ...(resize_size && { resizeSize: resize_size }),
      }),
  })
  .register({
    name: "time_limit_processor",
    schema: z.strictObject({ max_episode_steps: z.int().min(1) }),
    create: ({ max_episode_steps }) => new TimeLimitProcessorStep(max_episode_steps),
  })
  .register({
    name: "intervention_action_processor",
    schema: z.strictObject({
      use_gripper: z
        .boolean()
        .default(false)
        .describe("LeRobot's. Handrail's actions are vectors, with or without a gripper."),
      terminate_on_success: z.boolean().default(true),
    }),
    create: ({ terminate_on_success }) =>
      new InterventionActionProcessorStep({ terminateOnSuccess: terminate_on_success }),
  })
  .register({
    name: "gripper_penalty_processor",
    schema: z.strictObject({
      penalty: z.number().max(0).default(-0.02),
      max_gripper_pos: z.number().positive().default(100),
    }),
    create: ({ penalty, max_gripper_pos }) =>
      new GripperPenaltyProcessorStep({ penalty, maxGripperPosition: max_gripper_pos }),
  })
  .register({
    name: "gym_hil_adapter_processor",
    schema: z.strictObject({}),
    create: () => new GymHILAdapterProcessorStep(),
  });
