/** The normalisation that training will use, from the policy's own statistics only. */
import { makePrePostProcessors } from "../../policies/registry.ts";
import { NormalizerProcessorStep } from "../../processors/steps/normalize.ts";
import type { SetupContext } from "./setup_context.ts";

/**
 * @returns undefined for a policy whose preprocessor normalises nothing.
 * @throws FeatureError naming a feature that lacks statistics or has too many.
 */
export function makeNormalizer({ policy }: Pick<SetupContext, "policy">): NormalizerProcessorStep | undefined {
  const { steps } = makePrePostProcessors(policy).preprocessor;
  return steps.find((step) => step instanceof NormalizerProcessorStep);
}

/** Like `makeNormalizer`, but undefined on errors: `normalizationCheck` reports them. */
export function normalizerOf(setup: Pick<SetupContext, "policy">): NormalizerProcessorStep | undefined {
  try {
    return makeNormalizer(setup);
  } catch {
    return undefined;
  }
}
