/** Which checkpoints may go: a pure decision, apart from the deleting. */

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
 * All but the `keepLast` saved last, the one with the highest score (of equals, the newer) and `last`.
 *
 * @param last Name of the folder that must stay whatever else is true.
 */
export function expendable(
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
