/** A box: the intersection of three slabs (Kay & Kajiya 1986). Faces are numbered −x, +x, −y, +y, −z, +z. */
import { type DrawCall, NEAR_M } from "../depth_buffer.ts";

/** Stands in for a direction component of exactly 0, whose reciprocal would make 0 × ∞. */
const ALMOST_PARALLEL = 1e-30;

export function drawBox(call: DrawCall): void {
  const { depthsM, surfaces, widthPx } = call.target;
  const { left, top, right, bottom } = call.region;
  const { x: originX, y: originY, z: originZ } = call.rays.origin;
  const { x: firstX, y: firstY, z: firstZ } = call.rays.first;
  const { x: perColumnX, y: perColumnY, z: perColumnZ } = call.rays.perColumn;
  const { x: perRowX, y: perRowY, z: perRowZ } = call.rays.perRow;
  const { sizeX, sizeY, sizeZ, surface } = call;
  const far = call.side === "far";
  for (let row = top; row < bottom; row++) {
    const rowX = firstX + row * perRowX;
    const rowY = firstY + row * perRowY;
    const rowZ = firstZ + row * perRowZ;
    for (let column = left; column < right; column++) {
      const inverseX = 1 / (rowX + column * perColumnX || ALMOST_PARALLEL);
      const inverseY = 1 / (rowY + column * perColumnY || ALMOST_PARALLEL);
      const inverseZ = 1 / (rowZ + column * perColumnZ || ALMOST_PARALLEL);
      const middleX = -originX * inverseX;
      const middleY = -originY * inverseY;
      const middleZ = -originZ * inverseZ;
      const halfX = Math.abs(inverseX) * sizeX;
      const halfY = Math.abs(inverseY) * sizeY;
      const halfZ = Math.abs(inverseZ) * sizeZ;
      let enter = middleX - halfX;
      let face = inverseX < 0 ? 1 : 0;
      if (middleY - halfY > enter) {
        enter = middleY - halfY;
        face = inverseY < 0 ? 3 : 2;
      }
      if (middleZ - halfZ > enter) {
        enter = middleZ - halfZ;
        face = inverseZ < 0 ? 5 : 4;
      }
      const leave = Math.min(middleX + halfX, middleY + halfY, middleZ + halfZ);
      if (enter > leave) continue;
      const depth = far ? leave : enter;
      const pixel = row * widthPx + column;
      if (depth > NEAR_M && depth < depthsM[pixel]!) {
        depthsM[pixel] = depth;
        surfaces[pixel] = surface + face;
      }
    }
  }
}
