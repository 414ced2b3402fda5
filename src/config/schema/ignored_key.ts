/** Keys of LeRobot's files that Handrail ignores: accepted and preserved, so that one file serves both. */
import type { z } from "zod";

/** Marks a field as ignored here and preserved for other programs; `unusedKeys` lists those that a file sets. */
export function ignoredKey<Schema extends z.ZodType>(schema: Schema, description: string): Schema {
  return schema.meta({ description: `Not used by Handrail. ${description}`, unused: true });
}
