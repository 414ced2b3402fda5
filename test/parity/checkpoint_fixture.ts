/** A policy saved by LeRobot with what its networks say about recorded observations. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { compile, constant, type Expr, mapTree, spec, type Tensor } from "../../src/tensor/index.ts";
import { loadSafetensors } from "../../src/tensor/safetensors_file.ts";
import type { TensorRecord } from "../../src/tensor/safetensors_layout.ts";
import { absoluteDeviation, type Deviation } from "./deviation.ts";

const TOLERANCE = 1e-5;

/** Loads, compares outputs, saves, and compares every tensor and alias of the saved file with the original. */
export async function replayCheckpoint(folder: string): Promise<Deviation[]> {
  const policy = await GaussianActorPolicy.fromPretrained(folder);
  const { tensors: expected } = await loadSafetensors(join(folder, "expected.safetensors"));
  const observation = recordedObservation(policy, expected);
  const outputs = await forward(policy, observation);
  const action = await policy.selectAction(observation, { deterministic: true });
  const width = policy.networks.continuousActions;
  const rows = action.shape[0]!;
  const columns = action.shape[1]!;
  const continuous = Array.from({ length: rows * width }, (_, i) => {
    return action.data[Math.floor(i / width) * columns + (i % width)]!;
  });
  const compared: Record<string, ArrayLike<number>> = { ...outputs, deterministic_action: continuous };
  const deviations = Object.entries(expected).flatMap(([name, tensor]) => {
    const actual = compared[name];
    return actual === undefined ? [] : [absoluteDeviation(name, actual, tensor.data as Float32Array, TOLERANCE)];
  });
  return [...deviations, ...(await resaved(policy, folder))];
}

/** `image`, `image.<camera>` or the feature's own key. */
function recordedObservation(policy: GaussianActorPolicy, expected: TensorRecord): TensorRecord {
  const short: Readonly<Record<string, string>> = { VISUAL: "image", STATE: "state", ENV: "environment_state" };
  return Object.fromEntries(
    Object.entries(policy.config.input_features).map(([key, { type }]) => {
      const name = [key, key.split(".").at(-1)!, short[type]!].find((each) => expected[each] !== undefined);
      if (name === undefined) throw new Error(`expected.safetensors holds no observation for ${key}`);
      return [key, expected[name]!];
    }),
  );
}

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

async function resaved(policy: GaussianActorPolicy, folder: string): Promise<Deviation[]> {
  const copy = await mkdtemp(join(tmpdir(), "handrail-parity-"));
  try {
    await policy.savePretrained(copy);
    const [before, after] = await Promise.all(
      [folder, copy].map((each) => loadSafetensors(join(each, "model.safetensors"))),
    );
    const tensors = Object.entries(before!.tensors).map(([name, tensor]) => {
      const saved = after!.tensors[name];
      return absoluteDeviation(
        "saved again: tensors",
        (saved?.data ?? []) as Float32Array,
        tensor.data as Float32Array,
        0,
      );
    });
    const differing = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>) =>
      Object.entries(a).filter(([name, value]) => b[name] !== value).length;
    const aliases = differing(before!.metadata, after!.metadata) + differing(after!.metadata, before!.metadata);
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
    const savedConfig = JSON.parse(await readFile(join(copy, "config.json"), "utf8")) as Record<string, unknown>;
    const changed = Object.keys(config).filter(
      (key) => JSON.stringify(config[key]) !== JSON.stringify(savedConfig[key]),
    );
    return [
      ...tensors,
      absoluteDeviation("saved again: aliases that differ", [aliases], [0], 0),
      absoluteDeviation("saved again: config values that differ", [changed.length], [0], 0),
    ];
  } finally {
    await rm(copy, { recursive: true });
  }
}
