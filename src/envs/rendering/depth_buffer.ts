/** The nearest surface and its depth for each pixel of a view. */
import type { LocalRays } from "./view.ts";

/** Pixels of nothing: no surface. */
export const NO_SURFACE = -1;
/** A surface is `geom × FACES_PER_GEOM + face`, which distinguishes neighbouring faces of one box. */
export const FACES_PER_GEOM = 8;
/** Surfaces nearer than this to the eye are not seen. */
export const NEAR_M = 0.01;

export class DepthBuffer {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Metres along the viewing axis; Infinity where there is nothing. */
  readonly depthsM: Float32Array;
  readonly surfaces: Int32Array;

  constructor(widthPx: number, heightPx: number) {
    this.widthPx = widthPx;
    this.heightPx = heightPx;
    this.depthsM = new Float32Array(widthPx * heightPx);
    this.surfaces = new Int32Array(widthPx * heightPx);
    this.clear();
  }

  clear(): void {
    this.depthsM.fill(Number.POSITIVE_INFINITY);
    this.surfaces.fill(NO_SURFACE);
  }
}

/** A rectangle of pixels; `right` and `bottom` lie just outside. */
export interface PixelRegion {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The surface that stops a ray: where it enters a shape (as for a camera) or where it leaves. */
export type Side = "near" | "far";

/** Everything a shape needs to draw itself: one object, refilled for each geom. */
export interface DrawCall {
  target: DepthBuffer;
  side: Side;
  readonly region: PixelRegion;
  readonly rays: LocalRays;
  /** Half sizes in metres, see `Geom.sizeM`. */
  sizeX: number;
  sizeY: number;
  sizeZ: number;
  /** Surface number of the geom's face 0. */
  surface: number;
}
