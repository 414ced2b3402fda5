/** What the networks say about one batch, against a recording. */
import type { TrainingBatch } from "../../src/algorithms/algorithm.ts";
import {
  type NetworkSettings,
  type ValueParameters,
  valueNetwork,
} from "../../src/policies/gaussian_actor/networks.ts";
import type { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { sample } from "../../src/policies/gaussian_actor/tanh_gaussian.ts";
import {
  compile,
  constant,
  type Expr,
  mapTree,
  type nn,
  ops,
  Random,
  spec,
  type Tensor,
} from "../../src/tensor/index.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { absoluteDeviation, type Deviation } from "./deviation.ts";

interface Forward {
  readonly policy: GaussianActorPolicy;
  /** The algorithm's tensors: critics and targets. */
  readonly critics: TensorRecord;
  /** The critics' layers. */
  readonly settings: NetworkSettings;
  readonly batch: TrainingBatch;
  readonly expected: TensorRecord;
  readonly tolerance: number;
}

/** Runs every network on the batch; compares those outputs that the recording has. */
export async function forwardDeviations({
  policy,
  critics,
  settings,
  batch,
  expected,
  tolerance,
}: Forward): Promise<Deviation[]> {
  if (expected.noise === undefined) return [];
  const { noise } = expected;
  const parameters = policy.parameters();
  const { observation } = batch;
  const program = compile(
    ({ inputs }) => {
      const weights = mapTree<typeof parameters, Tensor, Expr>(parameters, (tensor) => constant(tensor));
      const { mean, variance, discreteValues } = policy.distribution(weights, inputs);
      const { action, logProb } = sample({ mean, variance }, constant(noise));
      const { encoder, continuousActions } = policy.networks;
      const encoded = encoder.apply(weights.encoder_critic ?? weights.actor.encoder, inputs);
      const taken = constant(batch.action).slice(1, 0, continuousActions);
      const head = valueNetwork(encoder.outputSize + continuousActions, 1, settings);
      const values = (ensemble: string) =>
        ops.stack(
          members(critics, ensemble, head).map((p) => {
            return head.apply(p, ops.concat([encoded, taken], -1)).reshape([-1]);
          }),
        );
      return {
        outputs: {
          mean,
          action,
          log_prob: logProb,
          q: values("critic_ensemble"),
          q_target: values("critic_target"),
          ...(discreteValues === undefined ? {} : { q_discrete: discreteValues }),
        },
      };
    },
    { inputs: Object.fromEntries(Object.entries(observation).map(([key, { shape }]) => [key, spec(shape)])) },
  );
  const outputs = (await program.run(observation as never)) as Record<string, Tensor>;
  await program.dispose();
  return Object.entries(expected).flatMap(([name, tensor]) => {
    if (name === "noise") return [];
    return [
      absoluteDeviation(
        `forward ${name}`,
        outputs[name]?.data as Float32Array | undefined,
        tensor.data as Float32Array,
        tolerance,
      ),
    ];
  });
}

/** The parameters of each critic of an ensemble as constants. */
function members(
  tensors: TensorRecord,
  ensemble: string,
  head: nn.Module<ValueParameters>,
): nn.Symbolic<ValueParameters>[] {
  const like = head.init(new Random(0));
  const count = Object.keys(tensors).filter(
    (name) => name.startsWith(ensemble) && name.endsWith("output_layer.bias"),
  ).length;
  return Array.from({ length: count }, (_, i) =>
    mapTree<ValueParameters, Tensor, Expr>(like, (_, name) => constant(tensors[`${ensemble}.critics.${i}.${name}`]!)),
  );
}
