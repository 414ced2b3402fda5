/** Draws the geoms of a scene into a depth buffer, each within its own rectangle of pixels. */
import { type DepthBuffer, type DrawCall, FACES_PER_GEOM, type Side } from "./depth_buffer.ts";
import { type Scene, ShapeType } from "./scene.ts";
import { findScreenBounds } from "./screen_bounds.ts";
import { drawBox } from "./shapes/box.ts";
import { drawCapsule } from "./shapes/capsule.ts";
import { drawCylinder } from "./shapes/cylinder.ts";
import { drawEllipsoid } from "./shapes/ellipsoid.ts";
import { drawPlane } from "./shapes/plane.ts";
import { createLocalRays, raysInGeom, type View } from "./view.ts";

export class Rasterizer {
  readonly #scene: Scene;
  readonly #call: DrawCall;

  constructor(scene: Scene, target: DepthBuffer) {
    this.#scene = scene;
    this.#call = {
      target,
      side: "near",
      region: { left: 0, top: 0, right: 0, bottom: 0 },
      rays: createLocalRays(),
      sizeX: 0,
      sizeY: 0,
      sizeZ: 0,
      surface: 0,
    };
  }

  /**
   * Adds the given geoms to `target`, which the caller has cleared.
   *
   * @param side Depths of the surfaces that face the eye, or of those that face away.
   */
  draw(geomIndices: readonly number[], view: View, target: DepthBuffer, side: Side): void {
    const { geoms, positionsM, rotations } = this.#scene;
    const call = this.#call;
    call.target = target;
    call.side = side;
    for (const index of geomIndices) {
      const geom = geoms[index]!;
      if (!findScreenBounds(view, geom, positionsM, rotations, index, call.region)) continue;
      raysInGeom(view, positionsM, rotations, index, call.rays);
      call.sizeX = geom.sizeM[0];
      call.sizeY = geom.sizeM[1];
      call.sizeZ = geom.sizeM[2];
      call.surface = index * FACES_PER_GEOM;
      drawShape(geom.shape, call);
    }
  }
}

function drawShape(shape: ShapeType, call: DrawCall): void {
  switch (shape) {
    case ShapeType.plane:
      drawPlane(call);
      break;
    case ShapeType.sphere:
      call.sizeY = 0;
      drawCapsule(call);
      break;
    case ShapeType.capsule:
      drawCapsule(call);
      break;
    case ShapeType.ellipsoid:
      drawEllipsoid(call);
      break;
    case ShapeType.cylinder:
      drawCylinder(call);
      break;
    case ShapeType.box:
      drawBox(call);
      break;
  }
}
