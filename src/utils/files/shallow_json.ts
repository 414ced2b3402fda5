/** Untrusted JSON, limited in depth so that recursive functions can process it. */

/** Deeper than any value read here, and shallow enough for every recursive function. */
export const MAX_DEPTH = 64;
export const TOO_DEEP = `the value is nested more than ${MAX_DEPTH} levels deep`;

/** @throws SyntaxError for text that is not JSON or is nested too deep. */
export function parseShallowJson(text: string): unknown {
  if (isDeepJson(text)) throw new SyntaxError(TOO_DEEP);
  return JSON.parse(text);
}

/** @param json Text that `JSON.parse` accepts; for other text the result is undefined. */
export function isDeepJson(json: string): boolean {
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '"') {
      for (i += 1; i < json.length && json[i] !== '"'; i++) if (json[i] === "\\") i += 1;
    } else if (char === "{" || char === "[") {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (char === "}" || char === "]") depth -= 1;
  }
  return false;
}
