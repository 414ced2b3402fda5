/** The oldest Node that runs Handrail. Imports nothing, so that any Node can load it. */

/** As in "engines" of package.json. */
export const OLDEST_NODE: readonly [major: number, minor: number] = [20, 19];

/**
 * @param version such as "18.20.4".
 * @returns what is wrong with it. Versions that cannot be parsed, such as those of other runtimes, are accepted.
 */
export function unsupportedNode(version: string | undefined): string | undefined {
  const [major, minor] = (version || "").split(".").map(Number);
  if (major === undefined || minor === undefined || Number.isNaN(major) || Number.isNaN(minor)) return undefined;
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return undefined;
  return `Handrail needs Node ${OLDEST_NODE.join(".")} or newer; this is ${version}.`;
}
