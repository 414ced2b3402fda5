/** Windows of frames around a frame, given as offsets in seconds: inputs of a policy with a history or action chunks. */

export interface FrameWindow {
  /** Global frame indices, clamped to the episode. */
  readonly indices: readonly number[];
  /** Whether the offset leads out of the episode, so that the index was clamped. */
  readonly isPad: readonly boolean[];
}

/**
 * @param index Global index of the frame the offsets are relative to.
 * @param episode Half-open range of the episode's global indices.
 * @throws RangeError if an offset is not a multiple of 1/fps within the tolerance.
 */
export function frameWindow(
  index: number,
  episode: { readonly fromIndex: number; readonly toIndex: number },
  offsetsS: readonly number[],
  fps: number,
  toleranceS = 1e-4,
): FrameWindow {
  const targets = offsetsS.map((offsetS) => {
    const frames = Math.round(offsetS * fps);
    if (Math.abs(offsetS * fps - frames) > toleranceS * fps) {
      throw new RangeError(`an offset of ${offsetS} s is not a whole number of frames at ${fps} frames per second`);
    }
    return index + frames;
  });
  return {
    indices: targets.map((target) => Math.min(episode.toIndex - 1, Math.max(episode.fromIndex, target))),
    isPad: targets.map((target) => target < episode.fromIndex || target >= episode.toIndex),
  };
}
