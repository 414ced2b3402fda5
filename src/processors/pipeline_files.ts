/**
 * Pipelines on disk, in LeRobot's layout: `<name>.json` lists the steps; a step with tensors has them in
 * `<name>_step_<index>_<step>.safetensors` beside it.
 */
import { basename, join } from "node:path";
import { z } from "zod";
import { ConfigError } from "../config/error.ts";
import { readConfigFile } from "../config/load.ts";
import { parseConfig } from "../config/parse.ts";
import { loadSafetensors, saveSafetensors } from "../tensor/safetensors/file.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { makeFolder } from "../utils/files/make_folder.ts";
import { writeFileAtomic } from "../utils/files/write_file_atomic.ts";
import { didYouMean } from "../utils/text/nearest.ts";
import { DataProcessorPipeline } from "./pipeline.ts";
import type { PipelineFeatures, StepConfig } from "./step.ts";
import { processorSteps, type StepRegistry } from "./step_registry.ts";

const PipelineFileSchema = z.strictObject({
  name: z.string(),
  steps: z.array(
    z
      .strictObject({
        registry_name: z.string().optional(),
        class: z
          .string()
          .optional()
          .describe("A Python class, where LeRobot saved a step that has no registered name."),
        config: z.record(z.string(), z.unknown()).default({}),
        state_file: z.string().optional(),
      })
      .superRefine(({ registry_name, class: pythonClass, state_file }, context) => {
        const problem = (key: string, message: string) => context.addIssue({ code: "custom", path: [key], message });
        if (registry_name === undefined) {
          problem("registry_name", `is required; the Python class ${pythonClass} can only be run by LeRobot`);
        }
        if (state_file !== undefined && (state_file !== basename(state_file) || state_file.includes("\\"))) {
          problem("state_file", `must be a file beside this one, got ${JSON.stringify(state_file)}`);
        }
      })
      .transform(({ registry_name = "", config, state_file }) => ({ registry_name, config, state_file })),
  ),
});

/** Writes a pipeline into a folder, creating it if needed. Writes the JSON last, so that it never names a missing file. */
export async function savePipeline(pipeline: DataProcessorPipeline, folder: string): Promise<void> {
  await makeFolder(folder);
  const steps = [];
  for (const [index, step] of pipeline.steps.entries()) {
    const entry = { registry_name: step.name, config: step.config() };
    const state = step.state?.() ?? {};
    if (Object.keys(state).length === 0) {
      steps.push(entry);
      continue;
    }
    const state_file = `${pipeline.name}_step_${index}_${step.name}.safetensors`;
    await saveSafetensors(join(folder, state_file), state);
    steps.push({ ...entry, state_file });
  }
  const json = JSON.stringify({ name: pipeline.name, steps }, null, 2);
  await writeFileAtomic(join(folder, `${pipeline.name}.json`), `${json}\n`);
}

export interface LoadPipelineOptions {
  /** Features of the input, checked against every step. */
  readonly inputFeatures?: PipelineFeatures;
  /** Settings to change, by step: `{ rename_observations_processor: { rename_map: … } }`. */
  readonly overrides?: Readonly<Record<string, StepConfig>>;
  readonly registry?: StepRegistry;
}

/**
 * Reads `<folder>/<name>.json` and the tensors it names. No code is ever loaded from the folder.
 *
 * @throws ConfigError for a file that cannot be used, Error for an unknown step or an override of an absent one,
 *   SafetensorsError for broken tensors, ProcessorError when the steps do not fit `inputFeatures`.
 */
export async function loadPipeline(
  folder: string,
  name: string,
  { inputFeatures, overrides = {}, registry = processorSteps }: LoadPipelineOptions = {},
): Promise<DataProcessorPipeline> {
  const path = join(folder, `${name}.json`);
  const file = parseConfig(PipelineFileSchema, await readConfigFile(path), path);
  const present = file.steps.map(({ registry_name }) => registry_name);
  for (const step of Object.keys(overrides)) {
    if (!present.includes(step)) {
      throw new Error(
        `${path}: no step "${step}" to override.${didYouMean(step, present)} Steps: ${present.join(", ")}`,
      );
    }
  }
  const steps = [];
  for (const [index, { registry_name, config, state_file }] of file.steps.entries()) {
    const state: TensorRecord = state_file === undefined ? {} : await readState(folder, state_file, path);
    const source = `${path}, step ${index} (${registry_name})`;
    steps.push(registry.create(registry_name, { ...config, ...overrides[registry_name] }, state, source));
  }
  return new DataProcessorPipeline({ name: file.name, steps, ...(inputFeatures && { inputFeatures }) });
}

async function readState(folder: string, stateFile: string, path: string): Promise<TensorRecord> {
  try {
    return (await loadSafetensors(join(folder, stateFile))).tensors;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    const message = `"${stateFile}" is missing beside it: copy the whole folder`;
    throw new ConfigError([{ path: "", message }], path, { cause });
  }
}
