import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSafetensors } from "../tensor/safetensors/file.ts";
import { Tensor } from "../tensor/tensor.ts";
import { loadPipeline, savePipeline } from "./pipeline_files.ts";
import { makePolicyProcessors } from "./policy_processors.ts";
import { makeTransition } from "./transition.ts";

const CAMERA = "observation.images.front";
const OPTIONS = {
  inputFeatures: {
    [CAMERA]: { type: "VISUAL", shape: [3, 4, 4] },
    "observation.state": { type: "STATE", shape: [2] },
  },
  outputFeatures: { action: { type: "ACTION", shape: [3] } },
  normalizationMapping: { VISUAL: "MEAN_STD", STATE: "MIN_MAX", ACTION: "MIN_MAX" },
  stats: {
    "observation.state": { min: [0, -1], max: [0.3, 1] },
    action: { min: [-0.025, -0.025, -0.025], max: [0.025, 0.025, 0.025] },
  },
} as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-pipeline-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function save(): Promise<void> {
  const { preprocessor, postprocessor } = makePolicyProcessors(OPTIONS);
  await savePipeline(preprocessor, folder);
  await savePipeline(postprocessor, folder);
}

async function edit(change: (json: { name: string; steps: Record<string, unknown>[] }) => void): Promise<void> {
  const path = join(folder, "policy_preprocessor.json");
  const json = JSON.parse(await readFile(path, "utf8"));
  change(json);
  await writeFile(path, JSON.stringify(json));
}

test("files have LeRobot's names, steps and keys", async () => {
  await save();
  expect((await readdir(folder)).sort()).toEqual([
    "policy_postprocessor.json",
    "policy_postprocessor_step_0_unnormalizer_processor.safetensors",
    "policy_preprocessor.json",
    "policy_preprocessor_step_3_normalizer_processor.safetensors",
  ]);
  expect(JSON.parse(await readFile(join(folder, "policy_preprocessor.json"), "utf8"))).toEqual({
    name: "policy_preprocessor",
    steps: [
      { registry_name: "rename_observations_processor", config: { rename_map: {} } },
      { registry_name: "to_batch_processor", config: {} },
      { registry_name: "device_processor", config: { device: "cpu", float_dtype: null } },
      {
        registry_name: "normalizer_processor",
        config: {
          eps: 1e-8,
          features: { ...OPTIONS.inputFeatures, ...OPTIONS.outputFeatures },
          norm_map: OPTIONS.normalizationMapping,
        },
        state_file: "policy_preprocessor_step_3_normalizer_processor.safetensors",
      },
    ],
  });
});

test("statistics of image channels are saved as [channels, 1, 1], which LeRobot broadcasts over an image", async () => {
  await save();
  const file = join(folder, "policy_preprocessor_step_3_normalizer_processor.safetensors");
  const { tensors } = await loadSafetensors(file);
  expect(Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]))).toEqual({
    [`${CAMERA}.mean`]: [3, 1, 1],
    [`${CAMERA}.std`]: [3, 1, 1],
    "observation.state.min": [2],
    "observation.state.max": [2],
    "action.min": [3],
    "action.max": [3],
  });
});

test("a loaded pipeline does what the saved one did, to the bit", async () => {
  await save();
  const { preprocessor, postprocessor } = makePolicyProcessors(OPTIONS);
  const loaded = await loadPipeline(folder, "policy_preprocessor", {
    inputFeatures: { observation: OPTIONS.inputFeatures, action: OPTIONS.outputFeatures },
  });
  const image = new Tensor(
    "uint8",
    [3, 4, 4],
    Uint8Array.from({ length: 48 }, (_, i) => i * 5),
  );
  const observation = { [CAMERA]: image, "observation.state": Tensor.of([2], [0.1, 0.2]) };
  const transition = makeTransition({ observation, action: Tensor.of([4], [0.01, -0.02, 0.025, 2]) });
  expect(loaded.apply(transition)).toEqual(preprocessor.apply(transition));
  const back = await loadPipeline(folder, "policy_postprocessor");
  const action = makeTransition({ action: Tensor.of([1, 4], [0.3, -1, 1, 0]) });
  expect(back.apply(action)).toEqual(postprocessor.apply(action));
});

test("images without statistics of their own are normalised with ImageNet's", async () => {
  const { preprocessor } = makePolicyProcessors(OPTIONS);
  const white = new Tensor("uint8", [3, 4, 4], new Uint8Array(48).fill(255));
  const observation = { [CAMERA]: white, "observation.state": Tensor.of([2], [0, 0]) };
  const { data } = preprocessor.apply(makeTransition({ observation })).observation![CAMERA]!;
  expect(Number(data[0])).toBeCloseTo((1 - 0.485) / 0.229, 5);
  expect(Number(data[47])).toBeCloseTo((1 - 0.406) / 0.225, 5);
});

test("settings can be changed while loading; statistics given so replace the saved ones", async () => {
  await save();
  const loaded = await loadPipeline(folder, "policy_postprocessor", {
    overrides: { unnormalizer_processor: { stats: { action: { min: [-1, -1, -1], max: [1, 1, 1] } } } },
  });
  const { action } = loaded.apply(makeTransition({ action: Tensor.of([3], [0.5, 0, -1]) }));
  expect([...action!.data]).toEqual([0.5, 0, -1]);
  await expect(
    loadPipeline(folder, "policy_postprocessor", { overrides: { normalizer_procesor: {} } }),
  ).rejects.toThrow('no step "normalizer_procesor" to override. Did you mean "unnormalizer_processor"?');
});

test("an unknown step, a Python class, a misspelt key and a foreign path are refused by name", async () => {
  await save();
  await edit(({ steps }) => {
    steps[1]!.registry_name = "to_batch_procesor";
  });
  await expect(loadPipeline(folder, "policy_preprocessor")).rejects.toThrow(
    /policy_preprocessor\.json, step 1 .*unknown processor step "to_batch_procesor"\. Did you mean "to_batch_processor"\?/,
  );
  await edit(({ steps }) => {
    steps[1] = { class: "my.module.Step", config: {} };
  });
  await expect(loadPipeline(folder, "policy_preprocessor")).rejects.toThrow(
    "steps[1].registry_name: is required; the Python class my.module.Step can only be run by LeRobot",
  );
  await edit(({ steps }) => {
    steps[1] = { registry_name: "rename_observations_processor", config: { rename_mpa: {} } };
  });
  await expect(loadPipeline(folder, "policy_preprocessor")).rejects.toThrow(
    'rename_mpa: unknown key. Did you mean "rename_map"?',
  );
  await edit(({ steps }) => {
    steps[1] = { registry_name: "to_batch_processor", state_file: "../../secret.safetensors" };
  });
  await expect(loadPipeline(folder, "policy_preprocessor")).rejects.toThrow("must be a file beside this one");
});

test("a missing tensor file is named", async () => {
  await save();
  await unlink(join(folder, "policy_preprocessor_step_3_normalizer_processor.safetensors"));
  await expect(loadPipeline(folder, "policy_preprocessor")).rejects.toThrow(
    '"policy_preprocessor_step_3_normalizer_processor.safetensors" is missing beside it',
  );
});

test("features that do not fit the loaded steps are found while loading", async () => {
  await save();
  const observation = { ...OPTIONS.inputFeatures, "observation.state": { type: "STATE", shape: [5] } } as const;
  const inputFeatures = { observation, action: OPTIONS.outputFeatures };
  await expect(loadPipeline(folder, "policy_preprocessor", { inputFeatures })).rejects.toThrow(
    'step 3 (normalizer_processor): "observation.state" has shape [5], expected [2]',
  );
});
