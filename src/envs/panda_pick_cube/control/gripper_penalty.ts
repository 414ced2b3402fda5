/** A small cost for every full opening or closing, which keeps a policy from chattering with its fingers (HIL-SERL). */

/**
 * @param delta Change that the action asks for: −1 opens fully, +1 closes fully.
 * @param position Commanded gripper position before the action: 0 open, 1 closed.
 * @returns `penalty` for closing open fingers and for opening closed ones, otherwise 0.
 */
export function gripperPenaltyOf(delta: number, position: number, penalty: number): number {
  const closes = delta > 0.5 && position < 0.1;
  const opens = delta < -0.5 && position > 0.9;
  return opens || closes ? penalty : 0;
}
