/** MuJoCo's shapes as three.js meshes. MuJoCo's cylinders and capsules lie along z, three's along y. */
import { BoxGeometry, type BufferGeometry, CapsuleGeometry, CylinderGeometry, SphereGeometry } from "three";
import type { Scene } from "../../protocol.ts";

type SceneGeom = Scene["geoms"][number];

const SEGMENTS = 24;

/** @returns undefined for planes: the view has its own floor. */
export function geometryOf({ shape, size_m: [a, b, c] }: SceneGeom): BufferGeometry | undefined {
  switch (shape) {
    case "plane":
      return undefined;
    case "box":
      return new BoxGeometry(2 * a, 2 * b, 2 * c);
    case "sphere":
      return new SphereGeometry(a, SEGMENTS, SEGMENTS / 2);
    case "ellipsoid":
      return new SphereGeometry(1, SEGMENTS, SEGMENTS / 2).scale(a, b, c);
    case "cylinder":
      return new CylinderGeometry(a, a, 2 * b, SEGMENTS).rotateX(Math.PI / 2);
    case "capsule":
      return new CapsuleGeometry(a, 2 * b, SEGMENTS / 3, SEGMENTS).rotateX(Math.PI / 2);
  }
}
