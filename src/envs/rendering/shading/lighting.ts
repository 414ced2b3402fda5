/**
 * How much light reaches each sample: ambient light that is stronger from above, a headlight at the camera, and spot
 * lights with Lambert's diffuse and Blinn's specular reflection (Blinn 1977), dimmed by their shadow maps.
 */
import { tanDegrees } from "../exact_math.ts";
import type { SampleBatch } from "../sample_batch.ts";
import type { Headlight, SpotLight } from "../scene.ts";
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

/** One spot light, with its shadow if it casts one. */
export class SpotLighting {
  readonly #light: SpotLight;
  readonly #shadow: ShadowMap | undefined;
  readonly #cosCutoff: number;

  constructor(light: SpotLight, shadow: ShadowMap | undefined) {
    this.#light = light;
    this.#shadow = shadow;
    const tan = tanDegrees(light.cutoffDegrees);
    this.#cosCutoff = 1 / Math.sqrt(1 + tan * tan);
  }

  /** Adds the light to every sample in its cone that faces it and is not in shadow. */
  addTo({ count, surfaces, points, normals, toEyes, diffuse, specular }: SampleBatch): void {
    const { positionM, direction, exponent, diffuse: scattered, specular: mirrored } = this.#light;
    const shadow = this.#shadow;
    const cosCutoff = this.#cosCutoff;
    const lightX = positionM[0]!;
    const lightY = positionM[1]!;
    const lightZ = positionM[2]!;
    const axisX = direction[0]!;
    const axisY = direction[1]!;
    const axisZ = direction[2]!;
    for (let i = 0; i < count; i++) {
      if (surfaces[i]! < 0) continue;
      const at = 3 * i;
      const pointX = points[at]!;
      const pointY = points[at + 1]!;
      const pointZ = points[at + 2]!;
      const x = lightX - pointX;
      const y = lightY - pointY;
      const z = lightZ - pointZ;
      const normalX = normals[at]!;
      const normalY = normals[at + 1]!;
      const normalZ = normals[at + 2]!;
      const facing = normalX * x + normalY * y + normalZ * z;
      if (!(facing > 0)) continue;
      const inverse = 1 / Math.sqrt(x * x + y * y + z * z);
      const cosAxis = -(axisX * x + axisY * y + axisZ * z) * inverse;
      if (!(cosAxis > cosCutoff)) continue;
      let strength = power(cosAxis, exponent);
      if (shadow) strength *= shadow.visibility(pointX, pointY, pointZ);
      if (strength === 0) continue;

      const lambert = strength * facing * inverse;
      diffuse[at] = diffuse[at]! + lambert * scattered[0];
      diffuse[at + 1] = diffuse[at + 1]! + lambert * scattered[1];
      diffuse[at + 2] = diffuse[at + 2]! + lambert * scattered[2];
      // Halfway between the directions to the light and to the eye.
      const halfX = x * inverse + toEyes[at]!;
      const halfY = y * inverse + toEyes[at + 1]!;
      const halfZ = z * inverse + toEyes[at + 2]!;
      const cosine = normalX * halfX + normalY * halfY + normalZ * halfZ;
      const halfSquared = halfX * halfX + halfY * halfY + halfZ * halfZ;
      if (cosine * cosine < DARK_COS_SQUARED * halfSquared) continue;
      const shine = strength * highlight((cosine * cosine) / halfSquared);
      specular[at] = specular[at]! + shine * mirrored[0];
      specular[at + 1] = specular[at + 1]! + shine * mirrored[1];
      specular[at + 2] = specular[at + 2]! + shine * mirrored[2];
    }
  }
}

/** Below this cos² a highlight is under a twentieth of a grey level. */
const DARK_COS_SQUARED = 0.58;

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
