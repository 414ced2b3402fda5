/** A cylinder along z with flat ends. Faces: 0 the side, 1 the lower end, 2 the upper end. */
import { type DrawCall, NEAR_M } from "../depth_buffer.ts";
import type { Vector3 } from "../view.ts";

export function drawCylinder(call: DrawCall): void {
  const { depthsM, surfaces, widthPx } = call.target;
  const { left, top, right, bottom } = call.region;
  const { x: originX, y: originY, z: originZ } = call.rays.origin;
  const { x: firstX, y: firstY, z: firstZ } = call.rays.first;
  const { x: perColumnX, y: perColumnY, z: perColumnZ } = call.rays.perColumn;
  const { x: perRowX, y: perRowY, z: perRowZ } = call.rays.perRow;
  const { sizeX: radius, sizeY: halfLength, surface } = call;
  const sign = call.side === "far" ? 1 : -1;
  const radiusSquared = radius * radius;
  const outside = originX * originX + originY * originY - radiusSquared;
  for (let row = top; row < bottom; row++) {
    const rowX = firstX + row * perRowX;
    const rowY = firstY + row * perRowY;
    const rowZ = firstZ + row * perRowZ;
    for (let column = left; column < right; column++) {
      const x = rowX + column * perColumnX;
      const y = rowY + column * perColumnY;
      const across = x * x + y * y;
      const along = originX * x + originY * y;
      const discriminant = along * along - across * outside;
      if (discriminant < 0) continue;
      const z = rowZ + column * perColumnZ;
      let depth = (sign * Math.sqrt(discriminant) - along) / across;
      let face = 0;
      if (!(Math.abs(originZ + depth * z) <= halfLength)) {
        const upper = sign * z > 0;
        depth = ((upper ? halfLength : -halfLength) - originZ) / z;
        const endX = originX + depth * x;
        const endY = originY + depth * y;
        if (!(endX * endX + endY * endY <= radiusSquared)) continue;
        face = upper ? 2 : 1;
      }
      const pixel = row * widthPx + column;
      if (depth > NEAR_M && depth < depthsM[pixel]!) {
        depthsM[pixel] = depth;
        surfaces[pixel] = surface + face;
      }
    }
  }
}

/** Turns a point of the given face into the normal there. */
export function cylinderNormal(face: number, point: Vector3, radius: number): void {
  const scale = face === 0 ? 1 / radius : 0;
  point.x *= scale;
  point.y *= scale;
  point.z = face === 0 ? 0 : face === 1 ? -1 : 1;
}
