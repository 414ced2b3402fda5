/** JSON of config files: `JSON.parse`, with the location and likely cause of every syntax error. */
import { findDuplicateJsonKey } from "../utils/files/duplicate_json_key.ts";
import { isDeepJson, MAX_DEPTH, TOO_DEEP } from "../utils/files/shallow_json.ts";

/** What is wrong with a JSON text: its line and column, and what to write instead. */
export class JsonError extends Error {
  override readonly name = "JsonError";
}

/**
 * @throws JsonError with line and column for text that is not JSON, and for an object with two equal keys: `JSON.parse`
 *   would silently keep the last.
 */
export function parseJson(text: string): unknown {
  if (isDeepJson(text)) throw new JsonError(explainJson(text));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JsonError(explainJson(text), { cause });
  }
  const repeated = findDuplicateJsonKey(text);
  if (repeated !== undefined) {
    const key = repeated.key.slice(0, 60);
    throw new JsonError(`${place(text, repeated.offset)}: the key "${key}" occurs twice in the same object`);
  }
  return value;
}

/** One token, or a run of blanks. */
const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none of them in a text.
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+])/y;
const WORD = /(?:true|false|null)(?!\w)/y;

type Expected = "a value" | "a key" | '":"' | '","' | "the end";

/** The first offset at which `text` stops being JSON, and why. */
function explainJson(text: string): string {
  const open: ("{" | "[")[] = [];
  let at = 0;
  let expected: Expected = "a value";
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const matches = pattern.test(text);
    if (matches) at = pattern.lastIndex;
    return matches;
  };
  const afterValue = (): Expected => (open.length === 0 ? "the end" : '","');
  const closes = (): boolean => text[at] === (open.at(-1) === "{" ? "}" : "]") && open.length > 0;
  let mayClose = false;
  for (;;) {
    take(SPACE);
    const start = at;
    if (open.length > MAX_DEPTH) return `${place(text, start)}: ${TOO_DEEP}`;
    if ((expected === '","' || mayClose) && closes()) {
      at += 1;
      open.pop();
      [expected, mayClose] = [afterValue(), false];
    } else if (expected === "a value" && (text[at] === "{" || text[at] === "[")) {
      const bracket = text[at] as "{" | "[";
      open.push(bracket);
      at += 1;
      [expected, mayClose] = [bracket === "{" ? "a key" : "a value", true];
    } else if (expected === "a value" && (take(TEXT) || take(NUMBER) || take(WORD))) {
      [expected, mayClose] = [afterValue(), false];
    } else if (expected === "a key" && take(TEXT)) {
      [expected, mayClose] = ['":"', false];
    } else if (expected === '":"' && text[at] === ":") {
      at += 1;
      expected = "a value";
    } else if (expected === '","' && text[at] === ",") {
      at += 1;
      [expected, mayClose] = [open.at(-1) === "{" ? "a key" : "a value", false];
    } else return `${place(text, start)}: ${reason(text, start, expected, open.at(-1))}`;
  }
}

function place(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lines = before.split("\n");
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}

const NO_COMMENTS = "JSON has no comments. Delete them, or write the config as YAML (.yaml), where # begins a comment";

function reason(text: string, at: number, expected: Expected, inside: "{" | "[" | undefined): string {
  const rest = text.slice(at, at + 40);
  const found = (pattern: RegExp) => pattern.exec(rest)?.[0];
  const comment = found(/^(?:\/\/|\/\*|#)/);
  if (comment !== undefined) return `"${comment}" begins a comment, and ${NO_COMMENTS}`;
  if (rest === "") return `the text ends where ${expected} should come`;
  const bracket = found(/^[}\]]/);
  if (bracket !== undefined && text.slice(0, at).trimEnd().endsWith(",")) {
    return `delete the comma before "${bracket}": JSON has no comma after the last element`;
  }
  const number = found(/^[+-]?(?:NaN|Infinity|nan|inf)\b/);
  if (number !== undefined) {
    return `${number} is not a JSON number, although Python writes it. Write a finite number, or null where it is allowed`;
  }
  const python = found(/^(?:None|True|False)\b/);
  if (python !== undefined) {
    return `${python} is Python's. Write ${{ None: "null", True: "true", False: "false" }[python]}`;
  }
  if (rest.startsWith("'")) return "text and keys need double quotes, not single ones";
  if (rest.startsWith('"')) {
    if (expected === "a key" || expected === "a value")
      return "a text is not closed, or holds a line break or an unknown \\ escape";
    return `${expected} is missing before ${JSON.stringify(rest.slice(0, 20))}`;
  }
  if (expected === "a key") return `keys need double quotes, found ${JSON.stringify(rest.slice(0, 12))}`;
  const where = inside === undefined ? "" : ` in this ${inside === "{" ? "object" : "list"}`;
  return `expected ${expected}${where}, found ${JSON.stringify(rest.slice(0, 12))}`;
}
