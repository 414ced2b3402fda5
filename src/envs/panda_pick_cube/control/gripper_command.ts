/**
 * Converts gripper commands to the simulator's sign. Commands are 0 = close, 1 = stay, 2 = open
 * everywhere in Handrail, as on LeRobot's real arms; gym-hil's simulator counts the other way round (2 closes), and its
 * button labels say the opposite of what happens. `"gym_hil"` keeps its sign, for policies that were trained there.
 */

/** The three discrete commands. Values in between move the fingers part of the way. */
export const GRIPPER_CLOSE = 0;
export const GRIPPER_STAY = 1;
export const GRIPPER_OPEN = 2;

export const GRIPPER_CONVENTIONS = ["handrail", "gym_hil"] as const;
export type GripperConvention = (typeof GRIPPER_CONVENTIONS)[number];

/**
 * Change of the gripper's position by a command: −1 opens fully, 0 holds, +1 closes fully.
 *
 * @param command in [0, 2]
 */
export function gripperDeltaOf(command: number, convention: GripperConvention): number {
  return convention === "handrail" ? GRIPPER_STAY - command : command - GRIPPER_STAY;
}
