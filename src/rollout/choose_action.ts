/** Runs a policy with its pipelines: from an observation to an action in the environment's units. */
import type { BoxSpace } from "../envs/env.ts";
import type { ActOptions, Policy } from "../policies/policy.ts";
import type { PolicyProcessors } from "../processors/policy_processors.ts";
import { makeTransition } from "../processors/transition.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { Tensor } from "../tensor/tensor.ts";

/** A policy with its pipelines and the environment's action space. */
export interface Acting {
  readonly policy: Pick<Policy, "act">;
  readonly processors: PolicyProcessors;
  readonly actionSpace: BoxSpace;
}

/**
 * Preprocesses an observation, runs the policy, and converts its action to the environment's units and bounds. Of a chunk of
 * actions, the first is used.
 *
 * @param observation As the environment's pipeline gives it, without a batch dimension.
 * @returns `[1, n]`.
 */
export async function chooseAction(
  { policy, processors, actionSpace }: Acting,
  observation: TensorRecord,
  options: ActOptions,
): Promise<Tensor<"float32">> {
  const { observation: normalized } = await processors.preprocessor.process(makeTransition({ observation }));
  const chosen = firstActions(await policy.act(normalized!, options));
  const { action } = await processors.postprocessor.process(makeTransition({ action: chosen }));
  return new Tensor("float32", action!.shape, clipToBounds(actionSpace, action!.data as Float32Array));
}

/** `[batch, n]` of `[batch, n]` or of a chunk, `[batch, horizon, n]`: the policy runs at every step. */
function firstActions(chosen: Tensor<"float32">): Tensor<"float32"> {
  if (chosen.shape.length < 3) return chosen;
  const [batch, horizon, size] = chosen.shape as [number, number, number];
  const first = Tensor.zeros([batch, size]);
  for (let i = 0; i < batch; i++)
    first.data.set(chosen.data.subarray(i * horizon * size, (i * horizon + 1) * size), i * size);
  return first;
}

/** Clips every element to the box. */
export function clipToBounds({ low, high }: BoxSpace, action: Float32Array): Float32Array {
  return action.map((value, i) => Math.min(Math.max(value, boundOf(low, i)), boundOf(high, i)));
}

/** One side's bound of an element of a box. */
export function boundOf(side: number | Float32Array, index: number): number {
  return typeof side === "number" ? side : side[index]!;
}
