/** Default names of parameters: their paths in the tree. */
import { flattenTree, type Tensor, type Tree, treeFromNames } from "../tensor/index.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { ParameterNaming } from "./policy.ts";
import { assertTensorsFit } from "./tensor_fit.ts";

/** Names like `net.0.weight`, as in PyTorch's `state_dict`. */
export function namedByPath<Parameters>(): ParameterNaming<Parameters> {
  const toWeights = (parameters: Parameters): TensorRecord =>
    Object.fromEntries(flattenTree<Tensor>(parameters as Tree<Tensor>));
  return {
    toWeights,
    fromWeights(weights, like, source) {
      assertTensorsFit(toWeights(like), weights, source);
      return treeFromNames<Parameters, Tensor, Tensor>(like, new Map(Object.entries(weights))) as Parameters;
    },
  };
}
