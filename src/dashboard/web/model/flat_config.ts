/** Flattens a config to dotted keys, as on the command line. Pure. */

export interface ConfigLine {
  readonly key: string;
  readonly value: string;
  /** Whether the value differs from the default; false if defaults are unknown. */
  readonly isChanged: boolean;
  /** The default of a changed value. */
  readonly standard: string | undefined;
}

/** @param defaults the config's default values; null if unknown. */
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

/** Lines whose key or value contains every word. */
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
