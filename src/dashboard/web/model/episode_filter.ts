/** Which of the recorded episodes to show. Pure. */
import type { EpisodeTrace } from "../../protocol.ts";

const FILTERS = ["all", "success", "alone", "failed", "helped", "sensor fault"] as const;
export type Filter = (typeof FILTERS)[number];

/** `alone` are successes without help; `failed` is whatever did not succeed, unless a broken sensor ended it. */
export function matching(traces: readonly EpisodeTrace[], filter: Filter): readonly EpisodeTrace[] {
  const isShown: Readonly<Record<Filter, (trace: EpisodeTrace) => boolean>> = {
    all: () => true,
    success: ({ outcome }) => outcome === "success",
    alone: (trace) => trace.outcome === "success" && helpedSteps(trace) === 0,
    failed: ({ outcome }) => outcome !== "success" && outcome !== "sensor_fault" && outcome !== null,
    helped: (trace) => helpedSteps(trace) > 0,
    "sensor fault": ({ outcome }) => outcome === "sensor_fault",
  };
  return traces.filter(isShown[filter]);
}

/** Those to offer: that of sensor faults only where there are some, since most runs have none. */
export function offeredFilters(traces: readonly EpisodeTrace[]): readonly Filter[] {
  return FILTERS.filter((filter) => filter !== "sensor fault" || matching(traces, filter).length > 0);
}

/** Steps that somebody else than the policy steered. */
export function helpedSteps({ interventions, steered_somewhere }: EpisodeTrace): number {
  return steered_somewhere ?? interventions.reduce((sum, [first, last]) => sum + last - first, 0);
}
