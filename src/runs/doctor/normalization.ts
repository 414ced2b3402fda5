/** The normalisation that training will use: the policy's own statistics, nothing else. */
import { makePrePostProcessors } from "../../policies/registry.ts";
import { NormalizerProcessorStep } from "../../processors/steps/normalize.ts";
import type { Subject } from "./subject.ts";

/**
 * @returns undefined for a policy whose preprocessor normalises nothing.
 * @throws FeatureError naming a feature that lacks statistics or has too many.
 */
export function makeNormalizer({ policy }: Pick<Subject, "policy">): NormalizerProcessorStep | undefined {
  const { steps } = makePrePostProcessors(policy).preprocessor;
  return steps.find((step) => step instanceof NormalizerProcessorStep);
}

/** undefined, too, where it cannot be made: the check of normalisation tells why, the others go without. */
export function normalizerOf(subject: Pick<Subject, "policy">): NormalizerProcessorStep | undefined {
  try {
    return makeNormalizer(subject);
  } catch {
    return undefined;
  }
}
