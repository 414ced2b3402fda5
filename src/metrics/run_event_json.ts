/** One event as one line of JSON, for the run log and the dashboard. */
import { z } from "zod";
import { type RunEvent, RunEventSchema } from "./run_event.ts";

/** The line without its line break. Values that are not finite are written as "NaN", "Infinity" and "-Infinity". */
export function serializeRunEvent(event: RunEvent): string {
  return JSON.stringify(event, (_, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
  );
}

const TYPES: ReadonlySet<string> = new Set(RunEventSchema.options.map(({ shape }) => shape.type.value));
const AnyEventSchema = z.looseObject({ time_s: z.number(), type: z.string() });

/** An event of an unknown type, written by a newer version. */
export interface UnknownRunEvent {
  readonly unknownType: string;
}

/** @throws Error describing the problem with the line. */
export function parseRunEvent(line: string): RunEvent | UnknownRunEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`not JSON: ${(error as Error).message}`);
  }
  const any = AnyEventSchema.safeParse(value);
  if (any.success && !TYPES.has(any.data.type)) return { unknownType: any.data.type };
  const event = RunEventSchema.safeParse(value);
  if (!event.success) throw new Error(`not an event of a run:\n${z.prettifyError(event.error)}`);
  return event.data;
}

export function isUnknownRunEvent(event: RunEvent | UnknownRunEvent): event is UnknownRunEvent {
  return "unknownType" in event;
}
