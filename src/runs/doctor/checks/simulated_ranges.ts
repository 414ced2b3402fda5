/** Checks the simulation's values against the config's statistics, with a short random rollout. */
import { type Check, error, ok } from "../check.ts";
import { normalizerOf } from "../normalization.ts";
import { rangeFindings } from "../ranges.ts";
import { rollOut } from "../rollout.ts";

/** Enough to reach the workspace's borders at 2.5 cm per step. Takes a second or two with images. */
const STEPS = 60;

export const simulatedRangesCheck: Check = {
  name: "simulation's ranges",
  async run(setup) {
    const simulation = await setup.simulation();
    const normalizer = normalizerOf(setup);
    if (simulation.state !== "there" || normalizer === undefined) return [];
    const { steps, ranges, fault } = await rollOut(simulation.value, STEPS, 0);
    const findings = Object.entries(ranges).flatMap(([key, range]) => {
      const map = normalizer.normalization(key);
      return map === undefined ? [] : rangeFindings(key, map, range, "the simulation");
    });
    if (fault) findings.push(error(fault.message));
    return findings.length > 0 ? findings : [ok(`${steps} random steps stay within the statistics' ranges`)];
  },
};
