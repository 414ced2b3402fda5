/** The reference page and the JSON Schema of the training config. `scripts/generate_config_reference.ts` writes them. */
import { type JsonSchema, toJsonSchema } from "../config/schema/json_schema.ts";
import { renderReference } from "../config/schema/reference.ts";
import { TrainRLServerPipelineConfigSchema } from "./config.ts";

const INTRO = `Every key of a training config, generated from the schemas that parse it. How files, overrides and errors work is
told in [Configs](../config.md). Keys marked "Not used by Handrail" are LeRobot's: they are accepted and kept, so that one
file serves both.

For completion while typing, begin a file with \`"$schema"\`: [Configs](../config.md#json-and-yaml) says how.`;

export function trainConfigReference(): { readonly markdown: string; readonly jsonSchema: JsonSchema } {
  const jsonSchema = toJsonSchema(TrainRLServerPipelineConfigSchema, "Handrail training config");
  const editors = {
    $schema: { type: "string", description: "For editors: where this schema is. Not part of the config." },
  };
  return {
    markdown: renderReference("Training config reference", INTRO, jsonSchema),
    jsonSchema: { ...jsonSchema, properties: { ...editors, ...jsonSchema.properties } },
  };
}
