/** The plane z = 0 of a geom, seen only from above; a rectangle when its half extents are positive. */
import { type DrawCall, NEAR_M } from "../depth_buffer.ts";

export function drawPlane(call: DrawCall): void {
  const { x: originX, y: originY, z: originZ } = call.rays.origin;
  const { x: firstX, y: firstY, z: firstZ } = call.rays.first;
  const { x: perColumnX, y: perColumnY, z: perColumnZ } = call.rays.perColumn;
  const { x: perRowX, y: perRowY, z: perRowZ } = call.rays.perRow;
  if (call.side === "far" || !(originZ > 0)) return;
  const { depthsM, surfaces, widthPx } = call.target;
  const { left, top, right, bottom } = call.region;
  const { surface } = call;
  const halfX = call.sizeX > 0 ? call.sizeX : Number.POSITIVE_INFINITY;
  const halfY = call.sizeY > 0 ? call.sizeY : Number.POSITIVE_INFINITY;
  for (let row = top; row < bottom; row++) {
    const rowX = firstX + row * perRowX;
    const rowY = firstY + row * perRowY;
    const rowZ = firstZ + row * perRowZ;
    for (let column = left; column < right; column++) {
      const depth = -originZ / (rowZ + column * perColumnZ);
      const pixel = row * widthPx + column;
      if (!(depth > NEAR_M && depth < depthsM[pixel]!)) continue;
      if (Math.abs(originX + depth * (rowX + column * perColumnX)) > halfX) continue;
      if (Math.abs(originY + depth * (rowY + column * perColumnY)) > halfY) continue;
      depthsM[pixel] = depth;
      surfaces[pixel] = surface;
    }
  }
}
