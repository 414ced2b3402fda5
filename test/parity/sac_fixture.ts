/**
 * Recorded runs of LeRobot's SAC: a configuration, starting weights, batches and noise, and what came of them.
 * Replays a recording through this project's SAC and measures every deviation.
 */
import { readFile } from "node:fs/promises";
import type { BatchIterator, TrainingBatch } from "../../src/algorithms/algorithm.ts";
import { SACAlgorithm } from "../../src/algorithms/sac/algorithm.ts";
import { SACAlgorithmConfigSchema } from "../../src/algorithms/sac/config.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { type GaussianActorConfig, GaussianActorConfigSchema } from "../../src/policies/gaussian_actor/config.ts";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { Random, type RandomSource, type Tensor } from "../../src/tensor/index.ts";
import { loadSafetensors } from "../../src/tensor/safetensors_file.ts";
import type { TensorRecord } from "../../src/tensor/safetensors_layout.ts";
import { absoluteDeviation, type Deviation, relativeDeviation } from "./deviation.ts";
import { forwardDeviations } from "./forward.ts";

interface Recording {
  readonly case: string;
  readonly inputs: Readonly<Record<string, number[]>>;
  readonly continuous_action_dim: number;
  readonly num_discrete_actions: number | null;
  readonly batch_size: number;
  readonly updates: number;
  readonly algorithm: { readonly hidden_dims: number[]; readonly utd_ratio: number } & Readonly<
    Record<string, unknown>
  >;
  readonly policy: { readonly std_min: number; readonly std_max: number } & Readonly<Record<string, unknown>>;
  readonly target_entropy: number;
  readonly log: readonly {
    readonly losses: Readonly<Record<string, number>>;
    readonly grad_norms: Readonly<Record<string, number>>;
    readonly extra: Readonly<Record<string, number>>;
    readonly critic_subsets: readonly (readonly number[])[];
  }[];
}

/** float32 differences between two BLAS libraries stay well below these. */
export const TOLERANCES = { loss: 1e-4, gradNorm: 1e-4, weights: 2e-4, forward: 1e-5 } as const;

/** Logged by LeRobot over parameters that the actor's optimiser does not step; recorded for reference only. */
const NOT_COMPARED = new Set(["actor_with_stale_encoder_gradients"]);

/** @param path Of the recording without extension: `NAME.json` and `NAME.safetensors` lie beside each other. */
export async function replaySac(path: string): Promise<Deviation[]> {
  const recording = JSON.parse(await readFile(`${path}.json`, "utf8")) as Recording;
  const { tensors } = await loadSafetensors(`${path}.safetensors`);
  const section = (prefix: string): TensorRecord =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, tensor]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
      ),
    );
  const policyConfig = policyConfigOf(recording);
  const policy = new GaussianActorPolicy(policyConfig, { warn: () => {} });
  policy.loadWeights(section("init/policy/"), "init/policy");
  const noise = new RecordedNoise(recording, tensors);
  const { hidden_dims, ...algorithm } = recording.algorithm;
  const config = parseConfig(SACAlgorithmConfigSchema, {
    type: "sac",
    ...algorithm,
    critic_network_kwargs: { hidden_dims },
  });
  const sac = new SACAlgorithm(config, policy, { noise, random: new Random(0), dropout: false });
  sac.loadStateDict(section("init/algorithm/"));

  const deviations: Deviation[] = [
    absoluteDeviation("target entropy", [sac.targetEntropy], [recording.target_entropy], 1e-6),
    ...(await forwardDeviations({
      policy,
      critics: sac.stateDict(),
      hiddenDims: hidden_dims,
      batch: batchOf(tensors, 0, recording.batch_size),
      expected: section("forward/"),
      tolerance: TOLERANCES.forward,
    })),
  ];
  const batches = batchIterator(tensors, recording.batch_size);
  for (let update = 0; update < recording.updates; update++) {
    noise.begin(update);
    const stats = await sac.update(batches);
    const expected = recording.log[update]!;
    const compare = (
      kind: string,
      actual: Readonly<Record<string, number>>,
      wanted: Readonly<Record<string, number>>,
      tolerance: number,
    ) => {
      for (const [name, value] of Object.entries(wanted)) {
        if (NOT_COMPARED.has(name)) continue;
        deviations.push(relativeDeviation(`${kind} ${name}`, [actual[name] ?? Number.NaN], [value], tolerance));
      }
    };
    compare("loss", stats.losses, expected.losses, TOLERANCES.loss);
    compare("gradient norm", stats.gradNorms, expected.grad_norms, TOLERANCES.gradNorm);
    compare("extra", stats.extra, expected.extra, TOLERANCES.loss);
    for (const [part, actual] of [
      ["policy", sac.getWeights()],
      ["algorithm", sac.stateDict()],
    ] as const) {
      for (const [name, tensor] of Object.entries(section(`after/${update + 1}/${part}/`))) {
        deviations.push(
          absoluteDeviation(
            `weights after update ${update + 1}: ${part}`,
            dataOf(actual[name], name),
            dataOf(tensor, name),
            TOLERANCES.weights,
          ),
        );
      }
    }
  }
  noise.assertUsedUp();
  await Promise.all([sac.dispose(), policy.dispose()]);
  return deviations;
}

function dataOf(tensor: Tensor | undefined, name: string): ArrayLike<number> {
  if (tensor === undefined) throw new Error(`there is no tensor ${name}`);
  return tensor.data as Float32Array;
}

function policyConfigOf(recording: Recording): GaussianActorConfig {
  const { std_min, std_max, ...policy } = recording.policy;
  const type = (key: string) => {
    if (key.startsWith("observation.image")) return "VISUAL";
    return key === "observation.environment_state" ? "ENV" : "STATE";
  };
  return parseConfig(GaussianActorConfigSchema, {
    type: "gaussian_actor",
    input_features: Object.fromEntries(
      Object.entries(recording.inputs).map(([key, shape]) => [key, { type: type(key), shape }]),
    ),
    output_features: { action: { type: "ACTION", shape: [recording.continuous_action_dim] } },
    num_discrete_actions: recording.num_discrete_actions,
    policy_kwargs: { std_min, std_max },
    ...policy,
  });
}

function batchOf(tensors: TensorRecord, index: number, size: number): TrainingBatch {
  const part = (prefix: string) =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, tensor]) => {
        const start = `batch/${index}/${prefix}/`;
        return name.startsWith(start) ? [[name.slice(start.length), tensor]] : [];
      }),
    );
  const one = (name: string) => tensors[`batch/${index}/${name}`]!;
  const penalty = tensors[`batch/${index}/discrete_penalty`];
  return {
    size,
    observation: part("state"),
    nextObservation: part("next_state"),
    action: one("action"),
    reward: one("reward"),
    done: one("done"),
    complementaryInfo: penalty === undefined ? {} : { discrete_penalty: penalty },
  };
}

function batchIterator(tensors: TensorRecord, size: number): BatchIterator {
  let index = 0;
  return { next: () => batchOf(tensors, index++, size) };
}

/** Hands out the recorded draws in their order. */
class RecordedNoise implements RandomSource {
  readonly #recording: Recording;
  readonly #tensors: TensorRecord;
  #update = 0;
  #draw = 0;
  #subset = 0;

  constructor(recording: Recording, tensors: TensorRecord) {
    this.#recording = recording;
    this.#tensors = tensors;
  }

  begin(update: number): void {
    if (update > 0) this.assertUsedUp();
    this.#update = update;
    this.#draw = 0;
    this.#subset = 0;
  }

  fillNormal(target: Float32Array): Float32Array {
    const tensor = this.#tensors[`noise/${this.#update}/${this.#draw++}`];
    if (tensor === undefined) throw new Error(`update ${this.#update} draws more noise than was recorded`);
    target.set(tensor.data as Float32Array);
    return target;
  }

  choice(): Int32Array {
    return Int32Array.from(this.#recording.log[this.#update]!.critic_subsets[this.#subset++]!);
  }

  fillUniform(): Float32Array {
    throw new Error("dropout was off in the recordings");
  }

  assertUsedUp(): void {
    if (this.#tensors[`noise/${this.#update}/${this.#draw}`] !== undefined) {
      throw new Error(`update ${this.#update} drew less noise than was recorded`);
    }
  }
}
