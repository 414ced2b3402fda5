/** A config as lines of dotted keys, as one would type them on the command line. Pure. */

export interface ConfigLine {
  readonly key: string;
  readonly value: string;
  /** It is not what it would be if nobody had said anything; undefined where defaults are not known. */
  readonly isChanged: boolean;
  /** Only of a changed one. */
  readonly standard: string | undefined;
}

/** @param defaults the same config as it would be by default; null where that is not known. */
export function flatConfig(
  config: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>> | null,
): ConfigLine[] {
  const standard = new Map(defaults === null ? [] : leaves(defaults, ""));
  return leaves(config, "").map(([key, value]) => {
    const usual = standard.get(key);
    const isChanged = defaults !== null && usual !== value;
    return { key, value, isChanged, standard: isChanged ? usual : undefined };
  });
}

/** Lines whose key or value holds every word. */
export function searched(lines: readonly ConfigLine[], text: string): readonly ConfigLine[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return lines.filter(({ key, value }) => words.every((word) => `${key}=${value}`.toLowerCase().includes(word)));
}

function leaves(value: unknown, path: string): [key: string, value: string][] {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
  }
  return [[path, JSON.stringify(value) ?? "null"]];
}
