/** Whether everything that is normalised has statistics with a spread. */
import { type Check, error, ok, warning } from "../check.ts";
import { makeNormalizer } from "../normalization.ts";

export const normalizationCheck: Check = {
  name: "normalisation",
  async run(subject) {
    try {
      const normalizer = makeNormalizer(subject);
      if (normalizer === undefined) return [];
      const constant = normalizer.constantElements;
      if (constant.length === 0) return [ok("every normalised feature has statistics with a spread")];
      const why = "They become one and the same number whatever they are: the policy cannot see or use them.";
      const todo = "Give them their real range in policy.dataset_stats.";
      return [warning(`statistics without a spread (min = max, or std = 0): ${constant.join(", ")}`, { why, todo })];
    } catch (cause) {
      const dataset = await subject.dataset();
      const why = "The network would see numbers of any size.";
      const todo = `Those of the dataset are printed by: handrail dataset stats ${subject.datasetFolder}`;
      return [error((cause as Error).message, { why, ...(dataset.state === "there" && { todo }) })];
    }
  },
};
