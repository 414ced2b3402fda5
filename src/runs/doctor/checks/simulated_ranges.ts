/** Whether the simulation's numbers lie where the statistics of the config expect them, by moving it for a moment. */
import { type Check, error, ok } from "../check.ts";
import { normalizerOf } from "../normalization.ts";
import { rangeFindings } from "../ranges.ts";
import { rollOut } from "../rollout.ts";

/** Enough to reach the workspace's borders at 2.5 cm per step; images make it a second or two. */
const STEPS = 60;

export const simulatedRangesCheck: Check = {
  name: "simulation's ranges",
  async run(subject) {
    const simulation = await subject.simulation();
    const normalizer = normalizerOf(subject);
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
