/** The unchanging part of a scene's geoms as flat arrays, which inner loops read faster than objects. */
import { type Scene, ShapeType } from "./scene.ts";

export class GeomTable {
  readonly shapes: Uint8Array;
  /** 3 half sizes per geom, metres. A sphere is stored as a capsule of no length. */
  readonly sizesM: Float64Array;
  /** 6 numbers per geom: the colour and the checker's second colour (twice the same without one). */
  readonly colors: Float64Array;
  readonly speculars: Float64Array;
  /** Side of the checker's squares; 0 without one. */
  readonly squaresM: Float64Array;
  /** 1 for planes without bounds, which fade into the horizon. */
  readonly endless: Uint8Array;

  constructor({ geoms }: Scene) {
    const count = geoms.length;
    this.shapes = new Uint8Array(count);
    this.sizesM = new Float64Array(3 * count);
    this.colors = new Float64Array(6 * count);
    this.speculars = new Float64Array(count);
    this.squaresM = new Float64Array(count);
    this.endless = new Uint8Array(count);
    geoms.forEach(({ shape, sizeM, material }, i) => {
      const isSphere = shape === ShapeType.sphere;
      this.shapes[i] = isSphere ? ShapeType.capsule : shape;
      this.sizesM.set(isSphere ? [sizeM[0], 0, 0] : sizeM, 3 * i);
      this.colors.set([...material.color, ...(material.checker?.color ?? material.color)], 6 * i);
      this.speculars[i] = material.specular;
      this.squaresM[i] = material.checker?.squareM ?? 0;
      this.endless[i] = shape === ShapeType.plane && sizeM[0] === 0 ? 1 : 0;
    });
  }
}
