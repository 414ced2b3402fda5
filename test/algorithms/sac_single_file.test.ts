/** Compares the single-file SAC with the library's, from the same weights, batches and noise. */
import { expect, it } from "vitest";
import { type Args, makeSac, type SacState, train } from "../../examples/sac_single_file.ts";
import { RandomBatches } from "../../src/algorithms/conformance.ts";
import { SACAlgorithm } from "../../src/algorithms/sac/algorithm.ts";
import { flattenTree, nn, Random, type Tensor, type Tree, treeFromNames } from "../../src/tensor/index.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { smallPolicy, smallSacConfig } from "./small.ts";

const WIDTH = 16;
const LAYERS = { hidden_dims: [WIDTH, WIDTH] };
const ARGS: Args = {
  seed: 0,
  totalSteps: 60,
  learningStarts: 20,
  bufferSize: 50,
  batchSize: 8,
  width: WIDTH,
  discount: 0.97,
  tau: 0.01,
  learningRate: 1e-3,
  gradClipNorm: 0.5,
  targetEntropy: -1,
  temperatureInit: 0.3,
};

function makeLibrarySac(noise: Random): SACAlgorithm {
  const config = smallSacConfig({
    discount: ARGS.discount,
    critic_target_update_weight: ARGS.tau,
    actor_lr: ARGS.learningRate,
    critic_lr: ARGS.learningRate,
    temperature_lr: ARGS.learningRate,
    grad_clip_norm: ARGS.gradClipNorm,
    target_entropy: ARGS.targetEntropy,
    temperature_init: ARGS.temperatureInit,
    critic_network_kwargs: LAYERS,
  });
  const policy = smallPolicy({
    output_features: { action: { type: "ACTION", shape: [1] } },
    latent_dim: WIDTH,
    actor_network_kwargs: LAYERS,
  });
  return new SACAlgorithm(config, policy, { random: new Random(2), noise, threads: 1 });
}

/** The library's tensors under the single file's names. */
function translate(sac: SACAlgorithm): Map<string, Tensor> {
  const tensors: TensorRecord = { ...sac.weights(), ...sac.stateDict() };
  const under = (prefix: string) =>
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    );
  const critics = (prefix: string) => {
    const members = [0, 1].map((i) => Object.fromEntries(under(`${prefix}.critics.${i}.`)));
    return Object.entries(nn.stackTrees(members) as TensorRecord).map(([name, tensor]) => {
      return [name.replace("net.net.", "0.").replace("output_layer.", "1."), tensor] as const;
    });
  };
  const renamed = (prefix: string, to: string) => under(prefix).map(([name, tensor]) => [to + name, tensor] as const);
  return new Map([
    ...renamed("actor.encoder.state_encoder.", "critic.encoder."),
    ...critics("critic_ensemble").map(([name, tensor]) => [`critic.critics.${name}`, tensor] as const),
    ...critics("critic_target").map(([name, tensor]) => [`target.${name}`, tensor] as const),
    ...renamed("actor.network.net.", "actor.hidden."),
    ...renamed("actor.mean_layer.", "actor.mean."),
    ...renamed("actor.std_layer.", "actor.variance."),
    ["logAlpha", tensors.log_alpha!],
  ]);
}

it("gives the library's losses and weights, update after update", async () => {
  const library = makeLibrarySac(new Random(5));
  const single = makeSac(ARGS, new Random(0), new Random(5));
  const { optimizers, ...untrained } = single.state.read();
  const weights = treeFromNames<typeof untrained, Tensor, Tensor>(untrained, translate(library));
  single.state.write({ ...weights, optimizers } as SacState);

  const [here, there] = [1, 1].map((seed) => new RandomBatches(library.policyConfig, seed)) as [
    RandomBatches,
    RandomBatches,
  ];
  const key = "observation.state";
  for (let update = 1; update <= 5; update++) {
    const { losses, extra } = await library.update(here);
    const { observation, nextObservation, action, reward, done } = there.next();
    const stats = await single.update.run({
      observation: observation[key]!,
      nextObservation: nextObservation[key]!,
      action,
      reward,
      done,
    });
    const expected = [losses.loss_critic, losses.loss_actor, losses.loss_temperature, extra.temperature, extra.entropy];
    const actual = [stats.criticLoss, stats.actorLoss, stats.alphaLoss, stats.alpha, stats.entropy];
    for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]!.item() - value!)).toBeLessThan(1e-5);

    const { optimizers: _, ...trained } = single.state.read();
    const wanted = translate(library);
    for (const [name, { data }] of flattenTree<Tensor>(trained as Tree<Tensor>)) {
      const deviations = Array.from(data as Float32Array, (x, i) => Math.abs(x - Number(wanted.get(name)!.data[i])));
      expect(Math.max(...deviations), `${name} after update ${update}`).toBeLessThan(1e-5);
    }
  }
  await Promise.all([library.dispose(), single.update.dispose(), single.choose.dispose()]);
});

it("trains from start to end, the same for the same seed, and logs every episode", async () => {
  const lines: string[] = [];
  const run = () => train({ ...ARGS, totalSteps: 200 }, (line) => lines.push(line));
  expect(await run()).toBe(await run());
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^step {4}200 {2}return +-\d+ {2}critic \d+\.\d\d {2}actor -?\d+\.\d {2}α 0\.\d{3}$/);
});
