/** Keys of LeRobot's files that mean nothing to Handrail: accepted and kept, so that one file serves both. */
import type { z } from "zod";

/** Marks a field as kept for other programs; `unusedKeys` lists those that a file sets. */
export function kept<Schema extends z.ZodType>(schema: Schema, description: string): Schema {
  return schema.meta({ description: `Not used by Handrail. ${description}`, unused: true });
}
