/** A small cost for every full opening or closing: it teaches a policy not to chatter with its fingers (HIL-SERL). */

/**
 * @param closing what the action asks for: −1 opens fully, +1 closes fully.
 * @param closure what the gripper had been told before: 0 open, 1 closed.
 * @returns `penalty` for closing open fingers and for opening closed ones, otherwise 0.
 */
export function gripperPenaltyOf(closing: number, closure: number, penalty: number): number {
  const closes = closing > 0.5 && closure < 0.1;
  const opens = closing < -0.5 && closure > 0.9;
  return opens || closes ? penalty : 0;
}
