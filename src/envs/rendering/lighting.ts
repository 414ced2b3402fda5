/**
 * How much light reaches each sample: ambient light that is stronger from above, a headlight at the camera, and spot
 * lights with Lambert's diffuse and Blinn's specular reflection (Blinn 1977), dimmed by their shadow maps.
 */
import { tanDegrees } from "./exact_math.ts";
import type { SampleBatch } from "./sample_batch.ts";
import type { Headlight, SpotLight } from "./scene.ts";
import type { ShadowMap } from "./shadow_map.ts";

/** How much of the ambient light is missing below, where nothing shines up from the ground. */
const AMBIENT_FROM_ABOVE = 0.3;

/** Starts a batch's light: ambient and headlight. */
export function lightFromCamera(
  { count, normals, toEyes, diffuse, specular }: SampleBatch,
  headlight: Headlight,
): void {
  const { ambient, diffuse: scattered, specular: mirrored } = headlight;
  for (let i = 0; i < 3 * count; i += 3) {
    const cosine = normals[i]! * toEyes[i]! + normals[i + 1]! * toEyes[i + 1]! + normals[i + 2]! * toEyes[i + 2]!;
    const facing = Math.max(0, cosine);
    const sky = 1 - AMBIENT_FROM_ABOVE * (1 - normals[i + 2]!) * 0.5;
    const shine = highlight(facing * facing);
    diffuse[i] = ambient[0] * sky + scattered[0] * facing;
    diffuse[i + 1] = ambient[1] * sky + scattered[1] * facing;
    diffuse[i + 2] = ambient[2] * sky + scattered[2] * facing;
    specular[i] = mirrored[0] * shine;
    specular[i + 1] = mirrored[1] * shine;
    specular[i + 2] = mirrored[2] * shine;
  }
}

/** Adds one spot light to batches of up to `capacity` samples. */
export class SpotLighting {
  readonly #light: SpotLight;
  readonly #shadow: ShadowMap | undefined;
  readonly #cosCutoff: number;
  /** The share of the light's full strength that falls on each sample. */
  readonly #strengths: Float64Array;

  constructor(light: SpotLight, shadow: ShadowMap | undefined, capacity: number) {
    this.#light = light;
    this.#shadow = shadow;
    const tan = tanDegrees(light.cutoffDegrees);
    this.#cosCutoff = 1 / Math.sqrt(1 + tan * tan);
    this.#strengths = new Float64Array(capacity);
  }

  addTo(batch: SampleBatch): void {
    this.#findStrengths(batch);
    this.#shadow?.dim(batch, this.#strengths);
    this.#reflect(batch);
  }

  /** The cone's falloff, and 0 where the light is behind the surface, out of the cone, or there is no surface. */
  #findStrengths({ count, surfaces, points, normals }: SampleBatch): void {
    const { positionM, direction, exponent } = this.#light;
    const strengths = this.#strengths;
    const cosCutoff = this.#cosCutoff;
    const lightX = positionM[0]!;
    const lightY = positionM[1]!;
    const lightZ = positionM[2]!;
    const axisX = direction[0]!;
    const axisY = direction[1]!;
    const axisZ = direction[2]!;
    for (let i = 0; i < count; i++) {
      const x = lightX - points[3 * i]!;
      const y = lightY - points[3 * i + 1]!;
      const z = lightZ - points[3 * i + 2]!;
      const facing = normals[3 * i]! * x + normals[3 * i + 1]! * y + normals[3 * i + 2]! * z;
      const cosAxis = -(axisX * x + axisY * y + axisZ * z) / Math.sqrt(x * x + y * y + z * z);
      const lit = surfaces[i]! >= 0 && facing > 0 && cosAxis > cosCutoff;
      strengths[i] = lit ? power(cosAxis, exponent) : 0;
    }
  }

  #reflect({ count, points, normals, toEyes, diffuse, specular }: SampleBatch): void {
    const { positionM, diffuse: scattered, specular: mirrored } = this.#light;
    const strengths = this.#strengths;
    const lightX = positionM[0]!;
    const lightY = positionM[1]!;
    const lightZ = positionM[2]!;
    for (let i = 0; i < count; i++) {
      const strength = strengths[i]!;
      if (strength === 0) continue;
      const at = 3 * i;
      const x = lightX - points[at]!;
      const y = lightY - points[at + 1]!;
      const z = lightZ - points[at + 2]!;
      const normalX = normals[at]!;
      const normalY = normals[at + 1]!;
      const normalZ = normals[at + 2]!;
      const inverse = 1 / Math.sqrt(x * x + y * y + z * z);
      const lambert = strength * inverse * (normalX * x + normalY * y + normalZ * z);
      diffuse[at] = diffuse[at]! + lambert * scattered[0];
      diffuse[at + 1] = diffuse[at + 1]! + lambert * scattered[1];
      diffuse[at + 2] = diffuse[at + 2]! + lambert * scattered[2];
      // Halfway between the directions to the light and to the eye.
      const halfX = x * inverse + toEyes[at]!;
      const halfY = y * inverse + toEyes[at + 1]!;
      const halfZ = z * inverse + toEyes[at + 2]!;
      const cosine = normalX * halfX + normalY * halfY + normalZ * halfZ;
      const shine = strength * highlight((cosine * cosine) / (halfX * halfX + halfY * halfY + halfZ * halfZ));
      specular[at] = specular[at]! + shine * mirrored[0];
      specular[at + 1] = specular[at + 1]! + shine * mirrored[1];
      specular[at + 2] = specular[at + 2]! + shine * mirrored[2];
    }
  }
}

/** cos^32 from cos²: the width of every highlight. */
function highlight(cosSquared: number): number {
  const fourth = cosSquared * cosSquared;
  const eighth = fourth * fourth;
  const sixteenth = eighth * eighth;
  return sixteenth * sixteenth;
}

/** `base` to an integer power, by squaring: `Math.pow` is not specified to the last bit. */
function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest >>= 1) {
    if (rest & 1) result *= square;
    square *= square;
  }
  return result;
}
