/**
 * Turns zod's issues into sentences for the author of the config. Pure: issues, the schema and the input in, problems
 * out. Does not decide what is valid.
 */
import type { z } from "zod";
import { abbreviate } from "../../utils/text/abbreviate.ts";
import { didYouMean, nearest } from "../../utils/text/nearest.ts";
import type { ConfigProblem } from "../error.ts";
import { type ConfigPath, formatPath, valueAt } from "../path.ts";
import { knownKeysAt, pathsWithKey } from "./schema_walk.ts";

type Issue = z.core.$ZodIssue;

/** @param input The parsed config: its values are shown, and select between registered types. */
export function describeIssues(issues: readonly Issue[], schema: z.core.$ZodType, input: unknown): ConfigProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key, index) => ({
        path: formatPath([...path, abbreviate(key, MAX_KEY)]),
        // Advice on each of ten thousand keys would take minutes.
        message: index < MAX_ADVISED ? `unknown key.${adviseOnKey(key, path, schema, input)}` : "unknown key.",
      }));
    }
    return [{ path: formatPath(path), message: describeValue(issue, valueAt(input, path)) }];
  });
}

const MAX_KEY = 80;
const MAX_ADVISED = 20;

function adviseOnKey(key: string, path: ConfigPath, schema: z.core.$ZodType, input: unknown): string {
  const siblings = knownKeysAt(schema, input, path) ?? [];
  const elsewhere = pathsWithKey(schema, input, key).map((place) => `"${place}"`);
  if (elsewhere.length > 0) return ` Did you mean ${elsewhere.join(" or ")}?`;
  const suggestion = nearest(key, siblings);
  if (suggestion !== undefined) return ` Did you mean "${suggestion}"?`;
  return siblings.length === 0 ? "" : ` Known here: ${siblings.join(", ")}`;
}

function describeValue(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      if (value === undefined) return `is required (${TYPE_NAMES[issue.expected] ?? issue.expected})`;
      return `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}, got ${show(value)}${quotingHelps(issue.expected, value)}`;
    case "invalid_value": {
      if (value === undefined) return `is required (${issue.values.map(show).join(", ")})`;
      const list = issue.values.map(show).join(", ");
      const suggestion = typeof value === "string" ? didYouMean(value, issue.values.map(String)) : "";
      return `must be ${issue.values.length === 1 ? list : `one of ${list}`}, got ${show(value)}.${suggestion}`;
    }
    case "too_small":
      return `must ${bound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum)}, got ${measure(issue.origin, value)}`;
    case "too_big":
      return `must ${bound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum)}, got ${measure(issue.origin, value)}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}, got ${show(value)}`;
    case "invalid_format":
      return `must match ${issue.pattern ?? issue.format}, got ${show(value)}`;
    case "invalid_union":
      return describeUnion(issue, value);
    case "invalid_key":
      return `has a key that is not allowed: ${issue.issues.map(({ message }) => message).join("; ")}`;
    default:
      return issue.message;
  }
}

/** Numbers and words like true are text only in quotes. */
function quotingHelps(expected: string, value: unknown): string {
  if (expected !== "string" || !["number", "boolean"].includes(typeof value)) return "";
  return `: put it in quotes, "${value}"`;
}

function describeUnion(issue: Extract<Issue, { code: "invalid_union" }>, value: unknown): string {
  const forms = issue.errors.map((errors) =>
    errors.map((error) => describeValue(error, valueAt(value, error.path as ConfigPath))),
  );
  const sentences = new Set(forms.map((form) => form.join(" and ")));
  return [...sentences].join(", or ");
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  number: "a number",
  int: "an integer",
  string: "a string",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
  tuple: "a list",
  null: "null",
};

function bound(origin: string, comparison: string, limit: number | bigint): string {
  if (origin === "array") return `have ${comparison} ${limit} elements`;
  if (origin === "string") return `have ${comparison} ${limit} characters`;
  return `be ${comparison} ${limit}`;
}

function measure(origin: string, value: unknown): string {
  return origin === "array" && Array.isArray(value) ? String(value.length) : show(value);
}

const MAX_SHOWN = 60;

function show(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  // Truncated values are not serialised in full.
  const part = typeof value === "string" ? value.slice(0, MAX_SHOWN + 1) : value;
  return abbreviate(JSON.stringify(part) ?? String(part), MAX_SHOWN);
}
