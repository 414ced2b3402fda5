/**
 * YAML as configs use it: null, true, false, numbers and text. The other plain scalars of version 1.2 (octal and
 * hexadecimal numbers, tags) are rarely meant, those of version 1.1 (dates, yes and no, 1:30) never: they are text.
 */
import type { Node } from "yaml";
import { MAX_DEPTH, TOO_DEEP } from "../utils/files/shallow_json.ts";
import { onFirstUse } from "../utils/on_first_use.ts";

export const yamlLibrary = onFirstUse<typeof import("yaml")>("yaml");

/** What is wrong with a YAML text, with its line if known. */
export class YamlError extends Error {
  override readonly name = "YamlError";
}

const MAX_NODES = 200_000;

/** Reads a YAML node of unknown type. */
export type PlainReader = (text: string) => unknown;

/** A parsed text whose values can be read in more than one way. */
export interface YamlText {
  /** The root; undefined for an empty text. */
  readonly root: Node | undefined;
  /** @throws YamlError with the node's line. */
  fail(message: string, node?: Node): never;
  /** The node that an alias stands for; other nodes as they are. */
  resolve(node: Node): Node;
}

/** @throws YamlError for the first thing that is not YAML or not allowed in a config. */
export function parseYamlText(text: string): YamlText {
  const { isAlias, LineCounter, parseDocument } = yamlLibrary();
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}: `;
  };
  const options = { schema: "failsafe", prettyErrors: false, uniqueKeys: false, stringKeys: true } as const;
  const document = refusingDepth(() =>
    parseDocument<Node, true>(text, { ...options, logLevel: "error", lineCounter: lines }),
  );
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw new YamlError(`${place(problem.pos[0])}${explain(problem)}`);
  return {
    root: document.contents ?? undefined,
    fail(message, node) {
      throw new YamlError(`${node?.range ? place(node.range[0]) : ""}${message}`);
    },
    resolve(node) {
      if (!isAlias(node)) {
        if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag))
          this.fail(`${node.tag} has no meaning in a config. ${QUOTE}`, node);
        return node;
      }
      const target = node.resolve(document);
      if (target === undefined) return this.fail(`the alias *${node.source} is undefined. ${QUOTE}`, node);
      return target;
    },
  };
}

/** A value of a text without a schema. @throws YamlError */
export function parseYaml(text: string): unknown {
  const yaml = parseYamlText(text);
  return yaml.root === undefined ? undefined : yamlValue(yaml, yaml.root, plainValue);
}

/** @param read returns the value of a plain, unquoted word. */
export function yamlValue(yaml: YamlText, root: Node, read: PlainReader): unknown {
  const { isMap, isSeq } = yamlLibrary();
  let nodes = 0;
  const visit = (aliased: Node, depth: number): unknown => {
    const node = yaml.resolve(aliased);
    nodes += 1;
    if (depth > MAX_DEPTH) yaml.fail(TOO_DEEP, node);
    if (nodes > MAX_NODES) yaml.fail("the aliases make the value too large", node);
    if (isSeq<Node>(node)) return node.items.map((item) => visit(item, depth + 1));
    if (isMap<Node, Node>(node)) {
      return objectOf(yamlEntries(yaml, node).map(([key, value]) => [key, value && visit(value, depth + 1)]));
    }
    return yamlScalar(yaml, node, read);
  };
  return visit(root, 0);
}

/** Quoted and block scalars are text; `read` decides about plain scalars. */
export function yamlScalar(yaml: YamlText, node: Node, read: PlainReader): unknown {
  const { isScalar, Scalar } = yamlLibrary();
  if (!isScalar(node)) return yaml.fail("this kind of YAML has no meaning in a config", node);
  const text = String(node.value ?? "");
  if (node.type !== Scalar.PLAIN || node.tag === TEXT_TAG) return text;
  if (text === "" && node.anchor !== undefined) yaml.fail(`&${node.anchor} names nothing. ${QUOTE}`, node);
  return text === "" ? null : read(text);
}

/** Keys and values in order. @throws YamlError for a duplicate key. */
export function yamlEntries(yaml: YamlText, map: Node): [key: string, value: Node | null][] {
  const { isMap, isPair, isScalar } = yamlLibrary();
  if (!isMap<Node, Node>(map)) return [];
  const seen = new Set<string>();
  return map.items.filter(isPair).map(({ key, value }) => {
    const name = isScalar(key) ? String(key.value ?? "") : String(key);
    if (seen.has(name)) yaml.fail(`the key "${name.slice(0, 60)}" occurs twice in the same object`, key as Node);
    seen.add(name);
    return [name, value as Node | null];
  });
}

/** Own properties even for a key like `__proto__`, as `JSON.parse` makes them. */
export function objectOf(entries: readonly (readonly [key: string, value: unknown])[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return object;
}

const NUMBER = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A decimal number without leading zeros, such as -3, 1e-4 or .5; undefined for other text. */
export function plainNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

/** The value of a plain word where no type is expected. */
export function plainValue(text: string): unknown {
  if (/^(?:null|Null|NULL|~)$/.test(text)) return null;
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return plainNumber(text) ?? text;
}

/** @throws YamlError instead of overflowing the stack. */
function refusingDepth<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof RangeError) throw new YamlError(TOO_DEEP);
    throw cause;
  }
}

const TEXT_TAG = "tag:yaml.org,2002:str";
const QUOTING_HELPS: ReadonlySet<string> = new Set(["BAD_SCALAR_START", "BLOCK_AS_IMPLICIT_KEY"]);
const PLAIN_TAGS: ReadonlySet<string> = new Set([TEXT_TAG, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"]);
const QUOTE = "Put text that begins with *, &, !, @ or % or contains a colon and a blank in quotes.";

function explain({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === "TAG_RESOLVE_FAILED") return `${message.slice(0, 80)}. ${QUOTE}`;
  if (message.startsWith("Maximum call stack")) return TOO_DEEP;
  if (code === "MULTIPLE_DOCS") return "a second document (---) begins: a config is one document";
  const sentence = message.split("\n")[0]!.slice(0, 200);
  return QUOTING_HELPS.has(code) ? `${sentence}. ${QUOTE}` : sentence;
}
