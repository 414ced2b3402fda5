/** Decides which checkpoints to delete; deletes nothing. */

export interface CheckpointInfo {
  readonly path: string;
  /** The folder's name. */
  readonly name: string;
  readonly step: number;
  /** Grows with every save in a folder, also when a run is resumed from an earlier step. */
  readonly sequence: number;
  /** Higher is better; undefined where none was given. */
  readonly score?: number;
}

/**
 * Every checkpoint except the `keepLast` newest, the one with the highest score (the newer of equals) and `last`.
 *
 * @param last Name of a folder that is always kept.
 */
export function prunable(
  checkpoints: readonly CheckpointInfo[],
  keepLast: number,
  last: string | undefined,
): CheckpointInfo[] {
  const newestFirst = [...checkpoints].sort((a, b) => b.sequence - a.sequence);
  let best: CheckpointInfo | undefined;
  for (const each of newestFirst) {
    if (each.score !== undefined && (best?.score === undefined || each.score > best.score)) best = each;
  }
  return newestFirst.filter((each, index) => index >= keepLast && each !== best && each.name !== last);
}
