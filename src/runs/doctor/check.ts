/** Checks of a setup and their findings. */
import type { SetupContext } from "./setup_context.ts";

export type FindingLevel = "ok" | "warning" | "error";

export interface Finding {
  /** error: training fails or learns nothing. warning: probably a mistake. */
  readonly level: FindingLevel;
  /** The problem, with the setting's name and value. */
  readonly what: string;
  /** Its consequence. */
  readonly why?: string;
  /** How to fix it. */
  readonly todo?: string;
}

/** A check that runs before anything moves. */
export interface Check {
  readonly name: string;
  /** An empty array means that the check does not apply. An exception is reported as an error. */
  run(setup: SetupContext): Promise<readonly Finding[]> | readonly Finding[];
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
