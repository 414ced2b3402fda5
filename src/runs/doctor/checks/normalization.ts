/** Checks that every normalised feature has statistics with a spread. */
import { type Check, error, ok, warning } from "../check.ts";
import { makeNormalizer } from "../normalization.ts";

export const normalizationCheck: Check = {
  name: "normalisation",
  async run(setup) {
    try {
      const normalizer = makeNormalizer(setup);
      if (normalizer === undefined) return [];
      const constant = normalizer.constantElements;
      if (constant.length === 0) return [ok("every normalised feature has statistics with a spread")];
      const why = "They are always normalised to the same number, so the policy cannot use them.";
      const todo = "Give them their real range in policy.dataset_stats.";
      return [warning(`statistics without a spread (min = max, or std = 0): ${constant.join(", ")}`, { why, todo })];
    } catch (cause) {
      const dataset = await setup.dataset();
      const why = "The network would receive values of any magnitude.";
      const todo = `Print those of the dataset: handrail dataset stats ${setup.datasetFolder}`;
      return [error((cause as Error).message, { why, ...(dataset.state === "there" && { todo }) })];
    }
  },
};
