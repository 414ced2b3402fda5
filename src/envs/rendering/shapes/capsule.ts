/**
 * A capsule (a segment along z with a radius) and, with a half length of 0, a sphere. A ray that meets the infinite
 * cylinder within the segment is done; beyond either end only that end's sphere can be met.
 */
import { type DrawCall, NEAR_M } from "../depth_buffer.ts";
import type { Vector3 } from "../view.ts";

export function drawCapsule(call: DrawCall): void {
  const { depthsM, surfaces, widthPx } = call.target;
  const { left, top, right, bottom } = call.region;
  const { x: originX, y: originY, z: originZ } = call.rays.origin;
  const { x: firstX, y: firstY, z: firstZ } = call.rays.first;
  const { x: perColumnX, y: perColumnY, z: perColumnZ } = call.rays.perColumn;
  const { x: perRowX, y: perRowY, z: perRowZ } = call.rays.perRow;
  const { sizeX: radius, sizeY: halfLength, surface } = call;
  const sign = call.side === "far" ? 1 : -1;
  const outside = originX * originX + originY * originY - radius * radius;
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
      const height = originZ + depth * z;
      if (!(Math.abs(height) <= halfLength)) {
        // A ray along the axis has no height (0 / 0): it meets the end that its direction says.
        const upper = height > halfLength || (!(height < -halfLength) && sign * z > 0);
        const endZ = originZ - (upper ? halfLength : -halfLength);
        const squared = across + z * z;
        const toEnd = along + endZ * z;
        const endDiscriminant = toEnd * toEnd - squared * (outside + endZ * endZ);
        if (endDiscriminant < 0) continue;
        depth = (sign * Math.sqrt(endDiscriminant) - toEnd) / squared;
      }
      const pixel = row * widthPx + column;
      if (depth > NEAR_M && depth < depthsM[pixel]!) {
        depthsM[pixel] = depth;
        surfaces[pixel] = surface;
      }
    }
  }
}

/** Turns a point of the surface into the normal there: away from the nearest point of the segment. */
export function capsuleNormal(point: Vector3, radius: number, halfLength: number): void {
  const scale = 1 / radius;
  point.x *= scale;
  point.y *= scale;
  point.z = (point.z - Math.max(-halfLength, Math.min(halfLength, point.z))) * scale;
}
