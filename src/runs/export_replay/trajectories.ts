/** Finds the trajectories in a replay buffer, in which the steps of several actors alternate. */
import { continues } from "../../datasets/writing/write_transitions.ts";
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { Transition } from "../../replay/transition.ts";

/** Maximum number of open trajectories; the least recently continued is closed first. */
const MOST_OPEN = 64;

interface OpenTrajectory {
  readonly indices: number[];
  last: Transition;
}

/**
 * Indices of the buffer's transitions, one list per trajectory, ordered by their beginning. A transition with an episode number
 * continues that episode, or begins a new trajectory after a gap. Any other continues the open trajectory whose last next
 * observation equals its observation.
 */
export function trajectoriesOf(buffer: Pick<ReplayBuffer, "size" | "at">): number[][] {
  const trajectories: number[][] = [];
  /** By episode, the most recently continued last, as in `unnamed`. */
  const named = new Map<number, OpenTrajectory>();
  const unnamed: OpenTrajectory[] = [];
  for (let index = 0; index < buffer.size; index++) {
    const transition = buffer.at(index);
    const { episode } = transition;
    const found = episode === undefined ? takeContinued(unnamed, transition) : takeEpisode(named, episode, transition);
    const trajectory = found ?? { indices: [], last: transition };
    if (trajectory.indices.length === 0) trajectories.push(trajectory.indices);
    trajectory.indices.push(index);
    trajectory.last = transition;
    if (transition.terminated || transition.truncated) continue;
    if (episode === undefined) unnamed.push(trajectory);
    else named.set(episode, trajectory);
    if (unnamed.length > MOST_OPEN) unnamed.shift();
    if (named.size > MOST_OPEN) named.delete(named.keys().next().value!);
  }
  return trajectories;
}

function takeContinued(open: OpenTrajectory[], transition: Transition): OpenTrajectory | undefined {
  const at = open.findLastIndex(({ last }) => continues(last, transition));
  return at >= 0 ? open.splice(at, 1)[0] : undefined;
}

/** A gap comes from missing steps: rejected ones, or those between two interventions. */
function takeEpisode(
  open: Map<number, OpenTrajectory>,
  episode: number,
  transition: Transition,
): OpenTrajectory | undefined {
  const trajectory = open.get(episode);
  open.delete(episode);
  return trajectory && continues(trajectory.last, transition) ? trajectory : undefined;
}
