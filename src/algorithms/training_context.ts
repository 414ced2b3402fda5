/** The context of forward passes for losses. */
import { type nn, ops, type RandomInputs } from "../tensor/index.ts";

/** Dropout with fresh masks. Evaluations, such as targets, use an empty context, which turns dropout off. */
export function trainingContext(random: RandomInputs): nn.ApplyContext {
  return { dropoutMask: (shape, rate) => ops.greaterEqual(random.uniform(shape), rate).cast("float32") };
}
