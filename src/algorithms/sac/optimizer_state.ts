/**
 * SAC's Adam moments under the names of LeRobot's optimiser files: `<optimiser>/state/<index>/{step,exp_avg,exp_avg_sq}`,
 * where the index counts the parameters in PyTorch's registration order. Frozen parameters are counted and have no state;
 * the critic ensemble, stacked here, has separate members there.
 */
import { flattenTree, mapTree, nn, type Tensor, type Tree } from "../../tensor/index.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { SACAlgorithmConfig } from "./config.ts";
import type { AdamState, SACState } from "./parameters.ts";

/** Location of a PyTorch parameter: a leaf of the optimised tree, and the member if the leaf is stacked. */
interface Place {
  readonly leaf: string;
  readonly member?: number;
}

interface OptimizerLayout {
  /** LeRobot's name. */
  readonly name: string;
  readonly state: AdamState<unknown>;
  /** By PyTorch's index. */
  readonly places: readonly Place[];
  readonly learningRate: number;
}

/** One entry of PyTorch's `param_groups`, as LeRobot writes it to `optimizer_param_groups.json`. */
export interface ParameterGroup {
  readonly [setting: string]: unknown;
  readonly lr: number;
  /** Indices of the parameters. */
  readonly params: readonly number[];
}

export function optimizerTensors(state: SACState, config: SACAlgorithmConfig): TensorRecord {
  const tensors: Record<string, Tensor> = {};
  for (const { name, state: adam, places } of layouts(state, config)) {
    const expAvg = leavesOf(adam.expAvg);
    const expAvgSq = leavesOf(adam.expAvgSq);
    for (const [index, { leaf, member }] of places.entries()) {
      const [first, second] = [expAvg.get(leaf), expAvgSq.get(leaf)];
      if (first === undefined || second === undefined) continue;
      tensors[`${name}/state/${index}/step`] = adam.step;
      tensors[`${name}/state/${index}/exp_avg`] = memberOf(first, member);
      tensors[`${name}/state/${index}/exp_avg_sq`] = memberOf(second, member);
    }
  }
  return tensors;
}

/**
 * The optimisers' state from tensors with the names and shapes of `optimizerTensors`.
 *
 * @throws Error naming a parameter whose step count differs from the others of its optimiser.
 */
export function optimizersFromTensors(
  tensors: TensorRecord,
  state: SACState,
  config: SACAlgorithmConfig,
): SACState["optimizers"] {
  const restored = layouts(state, config).map(({ name, state: adam, places }) => {
    const moment = (like: unknown, kind: string) =>
      mapTree<unknown, Tensor, Tensor>(like, (_, leaf) => {
        const parts = [...places.entries()].filter(([, place]) => place.leaf === leaf);
        const found = parts.map(([index]) => tensors[`${name}/state/${index}/${kind}`]!);
        return parts[0]![1].member === undefined ? found[0]! : stack(found);
      });
    const step = commonStep(tensors, `${name}/state/`);
    return [name, { step, expAvg: moment(adam.expAvg, "exp_avg"), expAvgSq: moment(adam.expAvgSq, "exp_avg_sq") }];
  });
  const { discrete_critic: discreteCritic, ...others } = Object.fromEntries(restored);
  return { ...others, ...(discreteCritic && { discreteCritic }) };
}

/** Settings per optimiser, for other programs that read the files; Handrail reads the algorithm's config. */
export function parameterGroups(
  state: SACState,
  config: SACAlgorithmConfig,
): Readonly<Record<string, readonly ParameterGroup[]>> {
  return Object.fromEntries(
    layouts(state, config).map(({ name, places, learningRate: lr }) => {
      const flags = { amsgrad: false, maximize: false, capturable: false, differentiable: false };
      const unset = { foreach: null, fused: null, decoupled_weight_decay: false };
      const settings = { lr, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0, ...flags, ...unset };
      return [name, [{ ...settings, params: [...places.keys()] }]];
    }),
  );
}

function layouts(state: SACState, config: SACAlgorithmConfig): OptimizerLayout[] {
  const { critic, actor, discreteCritic, logAlpha, optimizers } = state;
  const places = (tree: unknown, prefix = ""): Place[] =>
    flattenTree(tree as Tree<Tensor>, prefix).map(([leaf]) => ({ leaf }));
  const criticEncoder = places(critic.encoder, "encoder");
  const member = places(nn.unstackTree(critic.critics, 0), "critics");
  const members = Array.from({ length: config.num_critics }, (_, i) =>
    member.map((place) => ({ ...place, member: i })),
  );
  return [
    {
      name: "critic",
      state: optimizers.critic,
      places: [...criticEncoder, ...members.flat()],
      learningRate: config.critic_lr,
    },
    {
      name: "actor",
      state: optimizers.actor,
      places: [...(actor.encoder ? places(actor.encoder, "encoder") : []), ...places(actor.network, "network")],
      learningRate: config.actor_lr,
    },
    {
      name: "temperature",
      state: optimizers.temperature,
      places: places(logAlpha),
      learningRate: config.temperature_lr,
    },
    ...(optimizers.discreteCritic === undefined
      ? []
      : [
          {
            name: "discrete_critic",
            state: optimizers.discreteCritic,
            places: [...criticEncoder, ...places(discreteCritic, "head")],
            learningRate: config.critic_lr,
          },
        ]),
  ];
}

function leavesOf(tree: unknown): ReadonlyMap<string, Tensor> {
  return new Map(flattenTree(tree as Tree<Tensor>));
}

function memberOf(tensor: Tensor, member: number | undefined): Tensor {
  return member === undefined ? tensor : (nn.unstackTree({ tensor }, member) as { tensor: Tensor }).tensor;
}

function stack(members: readonly Tensor[]): Tensor {
  return (nn.stackTrees(members.map((tensor) => ({ tensor }))) as { tensor: Tensor }).tensor;
}

function commonStep(tensors: TensorRecord, prefix: string): Tensor {
  const steps = Object.entries(tensors).filter(([name]) => name.startsWith(prefix) && name.endsWith("/step"));
  const [[firstName, first]] = steps as [[string, Tensor]];
  for (const [name, step] of steps) {
    if (step.item() !== first.item()) {
      throw new Error(
        `${name} is ${step.item()}, but ${firstName} is ${first.item()}: all parameters of an optimiser must have been ` +
          "stepped equally often",
      );
    }
  }
  return first;
}
