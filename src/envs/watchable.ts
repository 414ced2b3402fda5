/** The scene as a person in front of the robot sees it. For scripted operators and displays. */

export interface VisibleScene {
  /** Position of the tool: xyz in metres. */
  readonly toolPositionM: Float64Array;
  /** Position of the object to handle: xyz in metres. */
  readonly objectPositionM: Float64Array;
  /** Measured, not commanded, opening of the fingers as a share in [0, 1] of their full opening. */
  readonly fingerOpening: number;
}

/** The capability of being watched. */
export interface Watchable {
  /** A fresh copy of the present scene. */
  observe(): VisibleScene;
}
