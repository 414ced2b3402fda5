/** A problem in a config: where it is, what is wrong, and what to write instead. */
import { abbreviate } from "../utils/text/abbreviate.ts";

export interface ConfigProblem {
  /** Location as written on a command line: `algorithm.discount`. Empty for the whole config. */
  readonly path: string;
  /** What is wrong and, where known, what to write instead. */
  readonly message: string;
}

/** Thrown for a config that cannot be used. Lists all problems at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  /** @param source What was read, as it should appear in the message: a file name, "--algorithm.discount=2". */
  constructor(problems: readonly ConfigProblem[], source?: string, options?: ErrorOptions) {
    super(formatProblems(problems, source), options);
    this.problems = problems;
  }

  /** Location of the first problem. */
  get path(): string {
    return this.problems[0]?.path ?? "";
  }
}

const MAX_LINES = 50;
const MAX_LINE = 2000;

/** The text of a {@link ConfigError}: one line per problem, up to a readable number. */
export function formatProblems(problems: readonly ConfigProblem[], source?: string): string {
  const lines = problems
    .slice(0, MAX_LINES)
    .map(({ path, message }) => abbreviate(path === "" ? message : `${abbreviate(path, 120)}: ${message}`, MAX_LINE));
  const where = source === undefined ? "config" : source;
  if (lines.length === 1) return source === undefined ? lines[0]! : `${where}: ${lines[0]}`;
  const more = problems.length - lines.length;
  if (more > 0) lines.push(`and ${more} more`);
  return [`${where}: ${problems.length} problems`, ...lines.map((line) => `  - ${line}`)].join("\n");
}
