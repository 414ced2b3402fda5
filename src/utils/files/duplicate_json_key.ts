/** Finds duplicate keys in JSON: `JSON.parse` silently keeps the last of two equal keys. */

/**
 * The first object key in `json` that its object already has, unescaped, and its offset; undefined when every object's
 * keys differ.
 *
 * @param json Text that `JSON.parse` accepts. Other text gives an undefined result or an error, never a hang.
 */
export function findDuplicateJsonKey(json: string): { readonly key: string; readonly offset: number } | undefined {
  // The keys of each open object, innermost last; an open array has none.
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === "{") open.push(new Set());
    else if (char === "[") open.push(undefined);
    else if (char === "}" || char === "]") open.pop();
    else if (char === '"') {
      const end = endOfString(json, i);
      if (isFollowedByColon(json, end)) {
        const key = JSON.parse(json.slice(i, end)) as string;
        const keys = open.at(-1);
        if (keys?.has(key)) return { key, offset: i };
        keys?.add(key);
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** The index just after the string that opens at `start`. */
function endOfString(json: string, start: number): number {
  for (let i = start + 1; i < json.length; i++) {
    if (json[i] === "\\") i++;
    else if (json[i] === '"') return i + 1;
  }
  return json.length;
}

function isFollowedByColon(json: string, index: number): boolean {
  let i = index;
  while (i < json.length && " \t\n\r".includes(json[i]!)) i++;
  return json[i] === ":";
}
