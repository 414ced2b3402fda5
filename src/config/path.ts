/** Paths into a config, as people write and read them: `a.b[0]["a key with . in it"].c`. */

export type ConfigPath = readonly (string | number)[];

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Writes a path so that {@link parsePath} reads it back. The root is "". */
export function formatPath(path: ConfigPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (PLAIN_KEY.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

const SEGMENT = /\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/**
 * Reads a path such as `policy.input_features["observation.state"].shape[0]`.
 *
 * @throws SyntaxError naming the place where it stops being a path.
 */
export function parsePath(text: string): ConfigPath {
  const path: (string | number)[] = [];
  SEGMENT.lastIndex = 0;
  while (SEGMENT.lastIndex < text.length) {
    const at = SEGMENT.lastIndex;
    const match = SEGMENT.exec(text);
    const needsDot = match?.[1] !== undefined && at > 0 && text[at] !== ".";
    const strayDot = at === 0 && text[0] === ".";
    if (match === null || needsDot || strayDot) {
      throw new SyntaxError(
        `cannot read the path "${text}" from character ${at + 1} on ("${text.slice(at, at + 12)}")`,
      );
    }
    const [, plain, index, quoted] = match;
    path.push(plain ?? (index === undefined ? (JSON.parse(quoted!) as string) : Number(index)));
  }
  if (path.length === 0) throw new SyntaxError("a path needs at least one key");
  return path;
}

/** The value at `path`; undefined if the path leads nowhere. */
export function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** A JSON object, as opposed to an array, null or a scalar. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
