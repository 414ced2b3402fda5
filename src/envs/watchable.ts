/** What someone in front of the robot, or of its camera images, can see. For scripted operators and displays. */

export interface VisibleScene {
  /** Where the tool is: xyz in metres. */
  readonly toolPositionM: Float64Array;
  /** Where the object to handle is: xyz in metres. */
  readonly objectPositionM: Float64Array;
  /** How far the fingers are apart, as a share of their full opening in [0, 1]: as they are, not as they were told. */
  readonly fingerOpening: number;
}

/** The capability of being watched. */
export interface Watchable {
  /** A fresh copy of the present scene. */
  observe(): VisibleScene;
}
