/** Checks the demonstrations' values against the config's statistics. */
import { type Check, type Finding, ok } from "../check.ts";
import { normalizerOf } from "../normalization.ts";
import { rangeFindings, spreadFindings } from "../ranges.ts";

export const dataRangesCheck: Check = {
  name: "dataset's ranges",
  async run(setup) {
    const dataset = await setup.dataset();
    const normalizer = normalizerOf(setup);
    const statistics = dataset.state === "there" ? await dataset.value.statistics() : undefined;
    if (normalizer === undefined || statistics === undefined) return [];
    const findings: Finding[] = [];
    for (const [name, { min, max }] of Object.entries(statistics)) {
      const key = setup.config.rename_map[name] ?? name;
      const map = normalizer.normalization(key);
      if (map === undefined) continue;
      // The gripper's command, one element more than the action feature, is not normalised.
      const length = map.forward.scale.length === 1 ? min.length : map.forward.scale.length;
      const range = { min: min.slice(0, length), max: max.slice(0, length) };
      findings.push(
        ...rangeFindings(key, map, range, "the dataset"),
        ...spreadFindings(key, map, range, "the dataset"),
      );
    }
    return findings.length > 0 ? findings : [ok("the demonstrations lie within the statistics' ranges")];
  },
};
