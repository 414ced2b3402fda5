/**
 * The dataset's name for each of the policy's observations.
 *
 * @param renameMap The policy's name by the dataset's: `rename_map` of the config.
 */
export function datasetNames(
  observations: readonly string[],
  renameMap: Readonly<Record<string, string>>,
): Record<string, string> {
  const original = new Map(Object.entries(renameMap).map(([from, to]) => [to, from]));
  return Object.fromEntries(observations.map((name) => [name, original.get(name) ?? name]));
}
