/** A policy saved by LeRobot with what its networks say about recorded observations. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { compile, constant, type Expr, mapTree, spec, type Tensor } from "../../src/tensor/index.ts";
import { loadSafetensors } from "../../src/tensor/safetensors/file.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { absoluteDeviation, type Deviation } from "./deviation.ts";

const TOLERANCE = 1e-5;

/** Loads, compares outputs, saves, and compares the saved tensors under all their names with the original. */
export async function replayCheckpoint(folder: string): Promise<Deviation[]> {
  const policy = await GaussianActorPolicy.fromPretrained(folder);
  const { tensors: expected } = await loadSafetensors(join(folder, "expected.safetensors"));
  const observation = recordedObservation(policy, expected);
  const outputs = await forward(policy, observation);
  const action = await policy.act(observation, { deterministic: true });
  const compared: Record<string, Float32Array> = {
    ...outputs,
    // A recording may leave the gripper's command out.
    deterministic_action: columns(action, expected.deterministic_action?.shape[1] ?? 0),
  };
  const deviations = Object.entries(expected).flatMap(([name, tensor]) => {
    const actual = compared[name];
    return actual === undefined ? [] : [absoluteDeviation(name, actual, tensor.data as Float32Array, TOLERANCE)];
  });
  if (deviations.length === 0) throw new Error(`${folder}: expected.safetensors holds nothing to compare`);
  await policy.dispose();
  return [...deviations, ...(await resaved(policy, folder))];
}

/** The first columns of a matrix. */
function columns({ shape, data }: Tensor<"float32">, count: number): Float32Array {
  const width = shape[1]!;
  return data.filter((_, i) => i % width < count);
}

/** Under the feature's own key, or any of the shorter names in use: `images.front`, `image.front`, `front`, `image`. */
function recordedObservation(policy: GaussianActorPolicy, expected: TensorRecord): TensorRecord {
  return Object.fromEntries(
    Object.entries(policy.config.input_features).map(([key, { type }]) => {
      const short = key.replace("observation.", "");
      const dotted = [key, short, short.replace("images.", "image."), short.replace("images.", "")];
      const names = [...dotted, ...dotted.map((name) => name.replaceAll(".", "_")), ...GENERIC_NAMES[type]!];
      const name = names.find((each) => expected[each] !== undefined);
      if (name === undefined) throw new Error(`expected.safetensors holds no observation for ${key}`);
      return [key, expected[name]!];
    }),
  );
}

const GENERIC_NAMES: Readonly<Record<string, readonly string[]>> = {
  VISUAL: ["image"],
  STATE: ["state"],
  ENV: ["environment_state", "env_state", "env"],
};

async function forward(policy: GaussianActorPolicy, observation: TensorRecord): Promise<Record<string, Float32Array>> {
  const parameters = policy.parameters();
  const program = compile(
    ({ inputs }) => {
      const weights = mapTree<typeof parameters, Tensor, Expr>(parameters, (tensor) => constant(tensor));
      const { mean, variance, discreteValues } = policy.distribution(weights, inputs);
      return {
        outputs: { mean, std: variance, ...(discreteValues === undefined ? {} : { q_discrete: discreteValues }) },
      };
    },
    { inputs: Object.fromEntries(Object.entries(observation).map(([key, { shape }]) => [key, spec(shape)])) },
  );
  const outputs = (await program.run(observation as never)) as Record<string, Tensor>;
  await program.dispose();
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
}

type Saved = Awaited<ReturnType<typeof loadSafetensors>>;

async function resaved(policy: GaussianActorPolicy, folder: string): Promise<Deviation[]> {
  const copy = await mkdtemp(join(tmpdir(), "handrail-parity-"));
  try {
    await policy.savePretrained(copy);
    const [before, after] = await Promise.all(
      [folder, copy].map((each) => loadSafetensors(join(each, "model.safetensors"))),
    );
    const stored = ({ tensors, metadata }: Saved, name: string) =>
      (tensors[name] ?? tensors[metadata[name] ?? ""])?.data;
    const names = [
      ...Object.keys(before!.tensors),
      ...Object.keys(before!.metadata).filter((name) => name !== "format"),
    ];
    const tensors = names.map((name) =>
      absoluteDeviation(
        "saved again: tensors under every name",
        stored(after!, name) as Float32Array | undefined,
        stored(before!, name) as Float32Array,
        0,
      ),
    );
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
    const savedConfig = JSON.parse(await readFile(join(copy, "config.json"), "utf8")) as Record<string, unknown>;
    const changed = Object.keys(config).filter(
      (key) => JSON.stringify(config[key]) !== JSON.stringify(savedConfig[key]),
    );
    return [...tensors, absoluteDeviation("saved again: config values that differ", [changed.length], [0], 0)];
  } finally {
    await rm(copy, { recursive: true });
  }
}
