/** The reference page and the JSON Schema of the training config. `scripts/generate_config_reference.ts` writes them. */
import { type JsonSchema, toJsonSchema } from "../config/schema/json_schema.ts";
import { renderReference } from "../config/schema/reference.ts";
import { TrainRLServerPipelineConfigSchema } from "./config.ts";

const INTRO = `Every key of a training config, generated from the schemas that parse it. [Configs](../config.md)
explains files, overrides and errors. Keys marked "Not used by Handrail" are LeRobot's: they are accepted and kept, so that one
file serves both.

For completion in an editor, begin a file with \`"$schema"\`, as in [Configs](../config.md#json-and-yaml).`;

export function trainConfigReference(): { readonly markdown: string; readonly jsonSchema: JsonSchema } {
  const jsonSchema = toJsonSchema(TrainRLServerPipelineConfigSchema, "Handrail training config");
  const editors = {
    $schema: { type: "string", description: "Location of this schema, for editors. Not part of the config." },
  };
  return {
    markdown: renderReference("Training config reference", INTRO, jsonSchema),
    jsonSchema: { ...jsonSchema, properties: { ...editors, ...jsonSchema.properties } },
  };
}
