/** An ellipsoid: a unit sphere in coordinates divided by its semi-axes. */
import { type DrawCall, NEAR_M } from "../depth_buffer.ts";
import type { Vector3 } from "../view.ts";

export function drawEllipsoid(call: DrawCall): void {
  const { depthsM, surfaces, widthPx } = call.target;
  const { left, top, right, bottom } = call.region;
  const { origin, first, perColumn, perRow } = call.rays;
  const { sizeX, sizeY, sizeZ, surface } = call;
  const sign = call.side === "far" ? 1 : -1;
  const [originX, originY, originZ] = [origin.x / sizeX, origin.y / sizeY, origin.z / sizeZ];
  const [firstX, firstY, firstZ] = [first.x / sizeX, first.y / sizeY, first.z / sizeZ];
  const [perColumnX, perColumnY, perColumnZ] = [perColumn.x / sizeX, perColumn.y / sizeY, perColumn.z / sizeZ];
  const [perRowX, perRowY, perRowZ] = [perRow.x / sizeX, perRow.y / sizeY, perRow.z / sizeZ];
  const outside = originX * originX + originY * originY + originZ * originZ - 1;
  for (let row = top; row < bottom; row++) {
    const rowX = firstX + row * perRowX;
    const rowY = firstY + row * perRowY;
    const rowZ = firstZ + row * perRowZ;
    for (let column = left; column < right; column++) {
      const x = rowX + column * perColumnX;
      const y = rowY + column * perColumnY;
      const z = rowZ + column * perColumnZ;
      const squared = x * x + y * y + z * z;
      const along = originX * x + originY * y + originZ * z;
      const discriminant = along * along - squared * outside;
      if (discriminant < 0) continue;
      const depth = (sign * Math.sqrt(discriminant) - along) / squared;
      const pixel = row * widthPx + column;
      if (depth > NEAR_M && depth < depthsM[pixel]!) {
        depthsM[pixel] = depth;
        surfaces[pixel] = surface;
      }
    }
  }
}

/** Turns a point of the surface into the normal there: the gradient of (x/a)² + (y/b)² + (z/c)², normalised. */
export function ellipsoidNormal(point: Vector3, sizeX: number, sizeY: number, sizeZ: number): void {
  const x = point.x / (sizeX * sizeX);
  const y = point.y / (sizeY * sizeY);
  const z = point.z / (sizeZ * sizeZ);
  const scale = 1 / Math.sqrt(x * x + y * y + z * z);
  point.x = x * scale;
  point.y = y * scale;
  point.z = z * scale;
}
