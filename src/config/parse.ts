/** Schema in, value out, or one {@link ConfigError} that lists everything that is wrong. */
import type { z } from "zod";
import { ConfigError } from "./error.ts";
import { describeIssues } from "./schema/describe_issues.ts";

/**
 * Parses a config with its defaults filled in.
 *
 * @param source What was read, for the message: a file name.
 * @throws ConfigError
 */
export function parseConfig<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  source?: string,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new ConfigError(describeIssues(result.error.issues, schema, input), source);
}
