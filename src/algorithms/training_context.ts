/** How layers behave in the forward pass that a loss is taken of. */
import { type nn, ops, type RandomInputs } from "../tensor/index.ts";

/** Dropout with fresh masks. Evaluations, such as targets, use an empty context instead, in which dropout is off. */
export function trainingContext(random: RandomInputs): nn.ApplyContext {
  return { dropoutMask: (shape, rate) => ops.greaterEqual(random.uniform(shape), rate).cast("float32") };
}
