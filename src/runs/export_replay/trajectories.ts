/** Finds the trajectories in a replay buffer, where the steps of several actors alternate. */
import { continues } from "../../datasets/writing/write_transitions.ts";
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { Transition } from "../../replay/transition.ts";

/** Trajectories that may be under way at once; the one that waited longest is closed first. */
const MOST_OPEN = 64;

interface OpenTrajectory {
  readonly indices: number[];
  last: Transition;
}

/**
 * Indices of the buffer's transitions, one list per trajectory, in the order in which they began. A trajectory goes on
 * with the transition whose observation is its last successor, until one terminates or is truncated.
 */
export function trajectoriesOf(buffer: Pick<ReplayBuffer, "size" | "at">): number[][] {
  const trajectories: number[][] = [];
  /** The one that went on last is at the end. */
  const open: OpenTrajectory[] = [];
  for (let index = 0; index < buffer.size; index++) {
    const transition = buffer.at(index);
    const at = open.findLastIndex(({ last }) => continues(last, transition));
    const trajectory = at >= 0 ? open.splice(at, 1)[0]! : { indices: [], last: transition };
    if (trajectory.indices.length === 0) trajectories.push(trajectory.indices);
    trajectory.indices.push(index);
    trajectory.last = transition;
    if (!transition.terminated && !transition.truncated) open.push(trajectory);
    if (open.length > MOST_OPEN) open.shift();
  }
  return trajectories;
}
