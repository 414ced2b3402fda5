/** Writes transitions, for example from a replay buffer, as episodes of a dataset. */
import type { Transition } from "../../replay/transition.ts";
import { type Features, imageSize, isCamera } from "../schema/features.ts";
import { toChannelsLast } from "../schema/image_layout.ts";
import { ACTION, COMPLEMENTARY_PREFIX, DONE, REWARD, TRUNCATED } from "../schema/step_columns.ts";
import type { DatasetWriter } from "./dataset_writer.ts";
import type { FrameInput, FrameValue } from "./frame_input.ts";

/** A row of a dataset created with `stepFeatures`. */
export function stepFrame(transition: Transition, features: Features): FrameInput {
  return withChannelsLast(stepValues(transition), features);
}

/** The part of a transition that a row stores. */
export type StepOfTransition = Omit<Transition, "nextObservation">;

/** The same with channels-first images, as in replay. */
export function stepValues(transition: StepOfTransition): FrameInput {
  const frame: Record<string, FrameValue> = {
    ...transition.observation,
    [ACTION]: transition.action,
    [REWARD]: transition.reward,
    [DONE]: transition.terminated,
    [TRUNCATED]: transition.truncated,
  };
  for (const [name, value] of Object.entries(transition.complementaryInfo ?? {})) {
    frame[COMPLEMENTARY_PREFIX + name] = value;
  }
  return frame;
}

/** @param frame Its images are channels-first. */
export function withChannelsLast(frame: FrameInput, features: Features): FrameInput {
  return Object.fromEntries(
    Object.entries(frame).map(([key, value]) => {
      const feature = features[key];
      return [key, feature && isCamera(feature) ? toChannelsLast(value as Uint8Array, imageSize(key, feature)) : value];
    }),
  );
}

/**
 * Writes transitions in order. An episode ends where one terminates or is truncated, and where the next transition does not
 * continue it (its observation is not the previous `nextObservation`): these gaps, frequent in an intervention buffer, are
 * written as truncations.
 *
 * @returns numbers of episodes and transitions written.
 */
export async function writeTransitions(
  writer: DatasetWriter,
  transitions: Iterable<Transition> | AsyncIterable<Transition>,
  task: string,
): Promise<{ episodes: number; transitions: number }> {
  let episodes = 0;
  let written = 0;
  let pending: Transition | undefined;
  const write = async (transition: Transition, endsEpisode: boolean) => {
    const truncated = !transition.terminated && (transition.truncated || endsEpisode);
    await writer.addFrame(stepFrame({ ...transition, truncated }, writer.info.features), task);
    written++;
    if (!endsEpisode) return;
    await writer.saveEpisode();
    episodes++;
  };
  for await (const transition of transitions) {
    if (pending) await write(pending, isOver(pending) || !continues(pending, transition));
    pending = copyOf(transition);
  }
  if (pending) await write(pending, true);
  return { episodes, transitions: written };
}

const isOver = ({ terminated, truncated }: Transition): boolean => terminated || truncated;

/** Whether `next` begins exactly where `previous` ended. */
export function continues(previous: Transition, next: Transition): boolean {
  return Object.entries(previous.nextObservation).every(([key, value]) => {
    const follows = next.observation[key];
    return follows !== undefined && bytesOf(value).equals(bytesOf(follows));
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** A source may reuse its arrays for the next transition. */
function copyOf(transition: Transition): Transition {
  const copy = (arrays: Transition["observation"]) =>
    Object.fromEntries(Object.entries(arrays).map(([key, value]) => [key, value.slice()]));
  return {
    ...transition,
    observation: copy(transition.observation),
    nextObservation: copy(transition.nextObservation),
    action: transition.action.slice(),
  };
}
