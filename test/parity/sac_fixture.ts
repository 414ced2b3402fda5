/**
 * Recorded runs of LeRobot's SAC: a configuration, starting weights, batches and noise, and what came of them.
 * Replays a recording through this project's SAC and measures every deviation.
 */
import type { BatchIterator, TrainingBatch } from "../../src/algorithms/algorithm.ts";
import { SACAlgorithm } from "../../src/algorithms/sac/algorithm.ts";
import { toStateDict } from "../../src/policies/gaussian_actor/parameters.ts";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { Random, Tensor } from "../../src/tensor/index.ts";
import type { Metadata, TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { absoluteDeviation, type Deviation, relativeDeviation } from "./deviation.ts";
import { forwardDeviations } from "./forward.ts";
import { RecordedNoise } from "./recorded_noise.ts";
import { type Recording, readRecording } from "./sac_recording.ts";

/** float32 differences between two BLAS libraries stay well below these. */
export const TOLERANCES = { loss: 1e-4, gradNorm: 1e-4, weights: 2e-4, forward: 1e-5 } as const;

/** Logged by LeRobot over parameters that the actor's optimiser does not step; recorded for reference only. */
const NOT_COMPARED = new Set(["actor_with_stale_encoder_gradients"]);

/** @param path Of the recording without extension: `NAME.json` and `NAME.safetensors` lie beside each other. */
export async function replaySac(path: string): Promise<Deviation[]> {
  const recording = await readRecording(path);
  const policy = new GaussianActorPolicy(recording.policy, { warn: () => {} });
  policy.loadWeights(recording.section("init/policy/"), "init/policy");
  const noise = new RecordedNoise(recording);
  const sac = new SACAlgorithm(recording.algorithm, policy, { noise, random: new Random(0), dropout: false });
  sac.loadStateDict(withoutEncoders(recording.section("init/algorithm/")));

  const deviations = [
    ...(recording.targetEntropy === undefined
      ? []
      : [absoluteDeviation("target entropy", [sac.targetEntropy], [recording.targetEntropy], 1e-6)]),
    ...(await forwardDeviations({
      policy,
      critics: sac.stateDict(),
      settings: recording.algorithm.critic_network_kwargs,
      batch: batchOf(recording, 0),
      expected: recording.section("forward/"),
      tolerance: TOLERANCES.forward,
    })),
  ];
  const { metadata: aliases } = toStateDict(policy.parameters(), policy.config);
  const batches = batchIterator(recording);
  for (const [update, expected] of recording.log.entries()) {
    noise.begin(update);
    const { losses, gradNorms, extra } = await sac.update(batches);
    noise.end();
    deviations.push(
      ...compare("loss", losses, expected.losses, TOLERANCES.loss),
      ...compare("gradient norm", gradNorms, expected.grad_norms ?? {}, TOLERANCES.gradNorm),
      ...compare("extra", extra, expected.extra ?? {}, TOLERANCES.loss),
      ...compareWeights(recording, update + 1, sac, aliases),
    );
  }
  await Promise.all([sac.dispose(), policy.dispose()]);
  return deviations;
}

function compare(
  kind: string,
  actual: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>>,
  tolerance: number,
): Deviation[] {
  return Object.entries(expected)
    .filter(([name]) => !NOT_COMPARED.has(name))
    .map(([name, value]) => relativeDeviation(`${kind} ${name}`, [actual[name] ?? Number.NaN], [value], tolerance));
}

/** Every recorded tensor after update n, the policy's under any of its names. */
function compareWeights(recording: Recording, n: number, sac: SACAlgorithm, aliases: Metadata): Deviation[] {
  const part = (name: string, actual: TensorRecord, expected: TensorRecord) =>
    Object.entries(expected).map(([key, tensor]) =>
      absoluteDeviation(
        `weights after update ${n}: ${name}`,
        (actual[key] ?? actual[aliases[key] ?? ""])?.data as Float32Array | undefined,
        tensor.data as Float32Array,
        TOLERANCES.weights,
      ),
    );
  return [
    ...part("policy", sac.weights(), recording.section(`after/${n}/policy/`)),
    ...part("algorithm", sac.stateDict(), withoutEncoders(recording.section(`after/${n}/algorithm/`))),
  ];
}

/** The critics' encoder is the policy's and is recorded there. */
function withoutEncoders(tensors: TensorRecord): TensorRecord {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.includes(".encoder.")));
}

function batchOf(recording: Recording, index: number): TrainingBatch {
  const part = (name: string) => recording.section(`batch/${index}/${name}/`);
  const { action, reward, done, discrete_penalty } = recording.section(`batch/${index}/`);
  if (action === undefined || reward === undefined || done === undefined) {
    throw new Error(`batch ${index} was not recorded, or lacks its action, reward or done`);
  }
  const perTransition = ({ data }: Tensor) => Tensor.of([data.length], Float32Array.from(data as ArrayLike<number>));
  return {
    size: reward.size,
    observation: part("state"),
    nextObservation: part("next_state"),
    action,
    reward: perTransition(reward),
    done: perTransition(done),
    truncated: Tensor.zeros([reward.size]),
    complementaryInfo: discrete_penalty === undefined ? {} : { discrete_penalty: perTransition(discrete_penalty) },
  };
}

function batchIterator(recording: Recording): BatchIterator {
  let index = 0;
  return { next: () => batchOf(recording, index++) };
}
