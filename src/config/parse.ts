/** Parses a config with its schema. One {@link ConfigError} lists everything that is wrong. */
import type { z } from "zod";
import { ConfigError } from "./error.ts";
import { describeIssues } from "./schema/describe_issues.ts";

/**
 * Parses a config with its defaults filled in.
 *
 * @param source Name of the input for the message, such as a file name.
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
