/** The moving average of a policy's weights (`weight_average.ts`) as a part of compiled updates and their state. */
import { type Expr, flattenTree, type MapTree, mapTree, ops, optim, Tensor, type Tree } from "../tensor/index.ts";
import { FORGOTTEN_UPDATES } from "./weight_average.ts";

/** Carried beside what is learned, so that a run which is undone undoes it, too. */
export interface CarriedAverage<Policy> {
  readonly policy: Policy;
  /** Updates made so far: a float32 scalar, exact up to 2²⁴. */
  readonly updates: Tensor;
}

type Symbolic<T> = MapTree<T, Tensor, Expr>;

/** @param policy The average at the beginning. */
export function initialAverage<Policy>(policy: Policy, updates = 0): CarriedAverage<Policy> {
  return { policy, updates: Tensor.scalar(updates) };
}

/** Whether the weights have an average: all of them are float32. */
export function hasAverage(policy: unknown): boolean {
  return flattenTree(policy as Tree<Tensor>).every(([, { dtype }]) => dtype === "float32");
}

/** ā ← ā + s·(w − ā) with s = 1 − d, or more in the first updates. A weight that never changes keeps its bits. */
export function nextAverage<Policy>(
  average: Symbolic<CarriedAverage<Policy>>,
  latest: Symbolic<Policy>,
  decay: number,
): Symbolic<CarriedAverage<Policy>> {
  const { policy, updates: before } = average as { policy: Symbolic<Policy>; updates: Expr };
  const updates = before.add(1);
  // 1 − min(d, n / (n + 10)), without the subtraction of nearly equal numbers.
  const share = ops.maximum(ops.div(FORGOTTEN_UPDATES, updates.add(FORGOTTEN_UPDATES)), 1 - decay);
  const [next] = optim.elementwise([policy, latest], (old, value) => [old!.add(value!.sub(old!).mul(share))]);
  return { policy: next, updates } as Symbolic<CarriedAverage<Policy>>;
}

/**
 * The policy's part of a traced state.
 *
 * @param policyOf Arranges tensors of the state, and computes none.
 * @throws Error naming a weight that is no tensor of the state.
 */
export function symbolicPolicy<State, Policy>(
  policyOf: (state: State) => Policy,
  state: State,
  traced: ReadonlyMap<string, Expr>,
): Symbolic<Policy> {
  const names = new Map(flattenTree(state as Tree<Tensor>).map(([name, tensor]) => [tensor, name]));
  return mapTree<Policy, Tensor, Expr>(policyOf(state), (tensor, weight) => {
    const expr = traced.get(names.get(tensor) ?? "");
    if (expr === undefined) throw new Error(`policyOf: the weight "${weight}" is no tensor of the state`);
    return expr;
  });
}
