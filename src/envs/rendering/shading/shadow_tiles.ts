/**
 * Bounds on a shadow map's depths, tile by tile. Most points are nearer than everything around them on the map, or
 * deeper; a tile's bounds then settle whether they are lit, without a look at single texels.
 */

const TILE_PX = 4;
const TILE_SHIFT = 2;

export class ShadowTiles {
  /** Least and greatest depth in each tile and its neighbours to the right, below and diagonally below. */
  readonly nearestM: Float32Array;
  readonly farthestM: Float32Array;
  readonly #sizePx: number;
  readonly #tilesPerRow: number;

  /** @param sizePx Side of the map. */
  constructor(sizePx: number) {
    this.#sizePx = sizePx;
    this.#tilesPerRow = Math.ceil(sizePx / TILE_PX);
    this.nearestM = new Float32Array(this.#tilesPerRow ** 2);
    this.farthestM = new Float32Array(this.#tilesPerRow ** 2);
  }

  /** The tile whose bounds hold for a window that starts at a texel and is at most 4 texels wide and high. */
  tileOf(column: number, row: number): number {
    return (row >> TILE_SHIFT) * this.#tilesPerRow + (column >> TILE_SHIFT);
  }

  update(depthsM: Float32Array): void {
    const tiles = this.#tilesPerRow;
    for (let row = 0; row < tiles; row++) {
      for (let column = 0; column < tiles; column++) this.#scanTile(depthsM, column, row);
    }
    for (let row = 0; row < tiles; row++) {
      for (let column = 0; column < tiles; column++) this.#includeNeighbours(column, row);
    }
  }

  #scanTile(depthsM: Float32Array, tileColumn: number, tileRow: number): void {
    const size = this.#sizePx;
    const right = Math.min(size, (tileColumn + 1) * TILE_PX);
    const bottom = Math.min(size, (tileRow + 1) * TILE_PX);
    let nearest = Number.POSITIVE_INFINITY;
    let farthest = 0;
    for (let row = tileRow * TILE_PX; row < bottom; row++) {
      for (let at = row * size + tileColumn * TILE_PX; at < row * size + right; at++) {
        const depth = depthsM[at]!;
        if (depth < nearest) nearest = depth;
        if (depth > farthest) farthest = depth;
      }
    }
    this.nearestM[tileRow * this.#tilesPerRow + tileColumn] = nearest;
    this.farthestM[tileRow * this.#tilesPerRow + tileColumn] = farthest;
  }

  /** Row by row from the top left, so that the neighbours read here still hold their own bounds. */
  #includeNeighbours(column: number, row: number): void {
    const tiles = this.#tilesPerRow;
    const { nearestM, farthestM } = this;
    const tile = row * tiles + column;
    const right = column + 1 < tiles ? 1 : 0;
    const below = row + 1 < tiles ? tiles : 0;
    nearestM[tile] = Math.min(
      Math.min(nearestM[tile]!, nearestM[tile + right]!),
      Math.min(nearestM[tile + below]!, nearestM[tile + below + right]!),
    );
    farthestM[tile] = Math.max(
      Math.max(farthestM[tile]!, farthestM[tile + right]!),
      Math.max(farthestM[tile + below]!, farthestM[tile + below + right]!),
    );
  }
}
