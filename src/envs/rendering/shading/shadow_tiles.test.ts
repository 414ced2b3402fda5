import { describe, expect, it } from "vitest";
import { Random } from "../../../tensor/random.ts";
import { ShadowTiles } from "./shadow_tiles.ts";

describe("the bounds of a shadow map's tiles", () => {
  // 37 is no multiple of the tile size.
  it.each([32, 37])("enclose the depths of every window of 4 × 4 texels in a map of %i", (size) => {
    const random = new Random(size);
    const depths = Float32Array.from({ length: size ** 2 }, () => random.uniform(0.5, 5));
    const tiles = new ShadowTiles(size);
    tiles.update(depths);
    let outside = 0;
    for (let row = 0; row + 4 <= size; row++) {
      for (let column = 0; column + 4 <= size; column++) {
        const tile = tiles.tileOf(column, row);
        for (let at = 0; at < 16; at++) {
          const depth = depths[(row + (at >> 2)) * size + column + (at & 3)]!;
          if (depth < tiles.nearestM[tile]! || depth > tiles.farthestM[tile]!) outside++;
        }
      }
    }
    expect(outside).toBe(0);
  });

  it("are the depth itself where the map is flat", () => {
    const tiles = new ShadowTiles(16);
    tiles.update(new Float32Array(256).fill(2));
    expect([...tiles.nearestM, ...tiles.farthestM].every((depth) => depth === 2)).toBe(true);
  });
});
