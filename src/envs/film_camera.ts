/** The capability of being filmed: pictures for people, whatever the policy sees. */

export interface FilmCamera {
  /** The present scene: a new RGB image of height × width × 3, top row first. */
  capture(): Uint8Array;
}

export interface Filmable {
  /** @throws RangeError for a size that is not of positive integers. */
  filmCamera(size: { readonly width: number; readonly height: number }): FilmCamera;
}
