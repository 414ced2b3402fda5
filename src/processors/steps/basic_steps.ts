/** The small steps around normalisation in every policy's pipelines. */
import type { PolicyFeature } from "../../config/schema/features.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { FeatureError, type PipelineFeatures, type ProcessorStep, type StepConfig } from "../step.ts";
import type { ProcessorTransition } from "../transition.ts";
import { requireFeature, requireTensor } from "./feature_checks.ts";

/** Gives observations the names that a policy was trained with. */
export class RenameObservationsProcessorStep implements ProcessorStep {
  readonly name = "rename_observations_processor";
  readonly renameMap: Readonly<Record<string, string>>;

  /** @param renameMap From the incoming name to the new one. */
  constructor(renameMap: Readonly<Record<string, string>> = {}) {
    this.renameMap = renameMap;
  }

  apply(transition: ProcessorTransition): ProcessorTransition {
    const { observation } = transition;
    if (observation === null) return transition;
    for (const key of Object.keys(this.renameMap)) requireTensor(observation, key);
    return { ...transition, observation: this.#rename(observation) };
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    for (const key of Object.keys(this.renameMap)) requireFeature(features.observation, key);
    return { ...features, observation: this.#rename(features.observation) };
  }

  config(): StepConfig {
    return { rename_map: this.renameMap };
  }

  #rename<Value extends Tensor | PolicyFeature>(record: Readonly<Record<string, Value>>): Record<string, Value> {
    const renamed: Record<string, Value> = {};
    for (const [key, value] of Object.entries(record)) {
      const name = this.renameMap[key] ?? key;
      if (Object.hasOwn(renamed, name)) throw new FeatureError(name, "would exist twice after renaming");
      renamed[name] = value;
    }
    return renamed;
  }
}

/** Puts a batch dimension of 1 in front of everything. */
export class AddBatchDimensionProcessorStep implements ProcessorStep {
  readonly name = "to_batch_processor";

  apply(transition: ProcessorTransition): ProcessorTransition {
    const { observation, action } = transition;
    return { ...transition, observation: observation && batchRecord(observation), action: action && batch(action) };
  }

  /** Features are described without the batch dimension: nothing changes. */
  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    return features;
  }

  config(): StepConfig {
    return {};
  }
}

function batch(tensor: Tensor): Tensor {
  return tensor.reshape([1, ...tensor.shape]);
}

function batchRecord(record: TensorRecord): TensorRecord {
  return Object.fromEntries(Object.entries(record).map(([key, tensor]) => [key, batch(tensor)]));
}

/** Does nothing: stands in LeRobot's files for a copy to an accelerator, and is kept so that they can go back. */
export class DeviceProcessorStep implements ProcessorStep {
  readonly name = "device_processor";
  readonly #config: StepConfig;

  constructor(config: StepConfig = { device: "cpu", float_dtype: null }) {
    this.#config = config;
  }

  apply(transition: ProcessorTransition): ProcessorTransition {
    return transition;
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    return features;
  }

  config(): StepConfig {
    return this.#config;
  }
}
