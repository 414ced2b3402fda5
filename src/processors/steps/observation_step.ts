/** From Gymnasium's observation names and image layout to LeRobot's. */
import type { PolicyFeature } from "../../config/schema/features.ts";
import type { Shape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { FeatureError, type PipelineFeatures, type ProcessorStep, type StepConfig } from "../step.ts";
import type { ProcessorTransition } from "../transition.ts";

const RENAMED: Readonly<Record<string, string>> = {
  agent_pos: "observation.state",
  environment_state: "observation.environment_state",
  pixels: "observation.image",
};
const CAMERA_PREFIX = "pixels.";

/**
 * `pixels.X` (height × width × channels) → `observation.images.X` (channels × height × width), `agent_pos` →
 * `observation.state`, `environment_state` → `observation.environment_state`; other names stay. Images keep their
 * 8 bits, so that replay can store them: normalisation makes them [0, 1].
 */
export class VanillaObservationProcessorStep implements ProcessorStep {
  readonly name = "observation_processor";

  apply(transition: ProcessorTransition): ProcessorTransition {
    const { observation } = transition;
    if (observation === null) return transition;
    const converted = Object.entries(observation).map(([key, tensor]) => {
      const value = isImage(key) ? toChannelsFirst(key, tensor) : tensor;
      return [observationName(key), value] as const;
    });
    return { ...transition, observation: Object.fromEntries(converted) };
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    const converted = Object.entries(features.observation).map(([key, feature]) => {
      const shape = isImage(key) ? channelsFirst(key, feature.shape) : feature.shape;
      return [observationName(key), { ...feature, shape } satisfies PolicyFeature] as const;
    });
    return { ...features, observation: Object.fromEntries(converted) };
  }

  config(): StepConfig {
    return {};
  }
}

function isImage(key: string): boolean {
  return key === "pixels" || key.startsWith(CAMERA_PREFIX);
}

/** LeRobot's name for an environment's observation. */
export function observationName(key: string): string {
  if (key.startsWith(CAMERA_PREFIX)) return `observation.images.${key.slice(CAMERA_PREFIX.length)}`;
  return RENAMED[key] ?? key;
}

function channelsFirst(key: string, shape: Shape): [number, number, number] {
  const [height, width, channels, ...rest] = shape;
  if (channels === undefined || rest.length > 0 || channels > 4) {
    throw new FeatureError(
      key,
      `has shape [${shape.join(", ")}], expected [height, width, channels] with 1 to 4 channels`,
    );
  }
  return [channels, height!, width!];
}

function toChannelsFirst(key: string, image: Tensor): Tensor {
  const [channels, height, width] = channelsFirst(key, image.shape);
  if (image.dtype !== "uint8" && image.dtype !== "float32") {
    throw new FeatureError(key, `is ${image.dtype}; images are uint8 or float32`);
  }
  const source = image.data as Uint8Array | Float32Array;
  const planar = source.slice();
  const pixels = height * width;
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * pixels;
    for (let pixel = 0; pixel < pixels; pixel++) planar[plane + pixel] = source[pixel * channels + channel]!;
  }
  return new Tensor(image.dtype, [channels, height, width], planar);
}
