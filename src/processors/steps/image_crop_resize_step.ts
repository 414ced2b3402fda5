/** Crops images to the relevant part and resizes them for the policy's encoder. */
import type { PolicyFeature } from "../../config/schema/features.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { FeatureError, type PipelineFeatures, type ProcessorStep, type StepConfig } from "../step.ts";
import type { ProcessorTransition } from "../transition.ts";
import { requireFeature, requireTensor } from "./feature_checks.ts";
import { type Crop, cropImage, resizeImage } from "./image_resize.ts";

export interface ImageCropResizeOptions {
  /** Per camera: [top, left, height, width] in pixels. */
  readonly cropParams?: Readonly<Record<string, Crop>>;
  /** [height, width] of every image afterwards. */
  readonly resizeSize?: readonly [number, number];
}

/** Works on `observation.images.*`, channels × height × width, 8 bits or float. */
export class ImageCropResizeProcessorStep implements ProcessorStep {
  readonly name = "image_crop_resize_processor";
  readonly #crops: Readonly<Record<string, Crop>>;
  readonly #size: readonly [number, number] | undefined;

  constructor({ cropParams = {}, resizeSize }: ImageCropResizeOptions) {
    this.#crops = cropParams;
    this.#size = resizeSize;
  }

  apply(transition: ProcessorTransition): ProcessorTransition {
    const { observation } = transition;
    if (observation === null) return transition;
    for (const key of Object.keys(this.#crops)) requireTensor(observation, key);
    const converted = Object.entries(observation).map(([key, tensor]) => [
      key,
      isImage(key) ? this.#convert(key, tensor) : tensor,
    ]);
    return { ...transition, observation: Object.fromEntries(converted) };
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    for (const key of Object.keys(this.#crops)) requireFeature(features.observation, key);
    const converted = Object.entries(features.observation).map(([key, feature]): [string, PolicyFeature] => [
      key,
      isImage(key) ? { ...feature, shape: this.#outputShape(key, feature.shape) } : feature,
    ]);
    return { ...features, observation: Object.fromEntries(converted) };
  }

  config(): StepConfig {
    return { crop_params_dict: this.#crops, resize_size: this.#size ?? null };
  }

  #convert(key: string, tensor: Tensor): Tensor {
    const shape = this.#outputShape(key, tensor.shape);
    if (tensor.dtype !== "uint8" && tensor.dtype !== "float32") {
      throw new FeatureError(key, `is ${tensor.dtype}; images are uint8 or float32`);
    }
    const [channels, height, width] = tensor.shape as [number, number, number];
    const image = { channels, height, width, data: tensor.data as Uint8Array | Float32Array };
    const crop = this.#crops[key];
    const { data } = resizeImage(crop === undefined ? image : cropImage(image, crop), shape[1], shape[2]);
    return new Tensor(tensor.dtype, shape, data);
  }

  #outputShape(key: string, shape: readonly number[]): [number, number, number] {
    const [channels, height, width, ...rest] = shape;
    if (width === undefined || rest.length > 0) {
      throw new FeatureError(key, `has shape [${shape.join(", ")}], expected [channels, height, width]`);
    }
    const [top, left, h, w] = this.#crops[key] ?? [0, 0, height!, width];
    if (top + h > height! || left + w > width) {
      throw new FeatureError(key, `is ${height} × ${width}: the crop [${top}, ${left}, ${h}, ${w}] reaches outside`);
    }
    const [outHeight, outWidth] = this.#size ?? [h, w];
    return [channels!, outHeight, outWidth];
  }
}

function isImage(key: string): boolean {
  return key === "observation.image" || key.startsWith("observation.images.");
}
