/** What `npm start` runs between two steps of its robot: one update of the algorithm in configs/pick_cube.json. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainingBatch } from "../../../src/algorithms/algorithm.ts";
import { makeAlgorithm, makeAlgorithmConfig } from "../../../src/algorithms/registry.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { GaussianActorConfigSchema } from "../../../src/policies/gaussian_actor/config.ts";
import { GaussianActorPolicy } from "../../../src/policies/gaussian_actor/policy.ts";
import { type CompileOptions, Random, Tensor } from "../../../src/tensor/index.ts";
import { packageRoot } from "../../../src/utils/version.ts";
import type { RunningWorkload, Workload } from "../workload.ts";

const CONFIG = join(packageRoot(), "configs/pick_cube.json");

export const presetUpdate: Workload = {
  name: "npm start's update",
  sizes: "latent 128, hidden 64-64, batch 128, 6 critic updates, gripper",
  target: "≤ 5",
  create,
};

function create(options: CompileOptions): RunningWorkload {
  const settings = JSON.parse(readFileSync(CONFIG, "utf8"));
  const random = new Random(settings.seed);
  const config = parseConfig(GaussianActorConfigSchema, settings.policy);
  const policy = new GaussianActorPolicy(config, { random: random.fork() });
  const algorithm = makeAlgorithm(makeAlgorithmConfig(settings.algorithm), policy, {
    random: random.fork(),
    ...options,
  });
  const features = Object.entries(config.input_features).map(([key, { shape }]) => [key, shape] as const);
  const gripperPositions = config.num_discrete_actions!;
  const size: number = settings.batch_size;

  const normal = (shape: readonly number[]) => {
    const count = shape.reduce((product, dim) => product * dim, size);
    return Tensor.of([size, ...shape], random.fillNormal(new Float32Array(count)));
  };
  const flags = (probability: number) =>
    Tensor.of(
      [size],
      Float32Array.from({ length: size }, () => Number(random.uniform() < probability)),
    );
  const actions = () => {
    const rows = Array.from({ length: size }, () => [
      ...Array.from({ length: config.output_features.action!.shape[0]! }, () => random.uniform(-1, 1)),
      random.integer(gripperPositions),
    ]);
    return Tensor.of([size, rows[0]!.length], rows.flat());
  };
  const observation = () => Object.fromEntries(features.map(([key, shape]) => [key, normal(shape)]));
  const batches = Array.from(
    { length: algorithm.batchesPerUpdate },
    (): TrainingBatch => ({
      size,
      observation: observation(),
      nextObservation: observation(),
      action: actions(),
      reward: flags(0.5),
      done: flags(0.05),
      truncated: flags(0),
      complementaryInfo: { discrete_penalty: Tensor.zeros([size]) },
    }),
  );

  let next = 0;
  const iterator = { next: async () => batches[next++ % batches.length]! };
  const run = () => algorithm.update(iterator);
  const dispose = async () => void (await Promise.all([algorithm.dispose(), policy.dispose()]));
  return { program: { load: () => algorithm.prepare!(size), dispose }, run };
}
