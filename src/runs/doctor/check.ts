/** What a check of a set-up is, and what it finds. */
import type { Subject } from "./subject.ts";

export type FindingLevel = "ok" | "warning" | "error";

export interface Finding {
  /** error: training fails or learns nothing. warning: it may well be a mistake. */
  readonly level: FindingLevel;
  /** What was found, with the setting's name and its value. */
  readonly what: string;
  /** What follows from it. */
  readonly why?: string;
  /** What to write or do instead. */
  readonly todo?: string;
}

/** One thing to look at before anything moves. */
export interface Check {
  readonly name: string;
  /** Nothing found: nothing to look at here. What it throws is reported as an error. */
  run(subject: Subject): Promise<readonly Finding[]> | readonly Finding[];
}

type Consequence = Pick<Finding, "why" | "todo">;

export const ok = (what: string): Finding => ({ level: "ok", what });
export const warning = (what: string, consequence: Consequence = {}): Finding => ({
  level: "warning",
  what,
  ...consequence,
});
export const error = (what: string, consequence: Consequence = {}): Finding => ({
  level: "error",
  what,
  ...consequence,
});
