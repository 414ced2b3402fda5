/** Filters recorded episodes. Pure. */
import type { EpisodeTrace } from "../../protocol.ts";

const FILTERS = ["all", "success", "alone", "failed", "helped", "sensor fault"] as const;
export type Filter = (typeof FILTERS)[number];

/** `alone`: successes without help. `failed`: all ends but success and sensor fault. */
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

/** The filters to offer; "sensor fault" only if there are any. */
export function offeredFilters(traces: readonly EpisodeTrace[]): readonly Filter[] {
  return FILTERS.filter((filter) => filter !== "sensor fault" || matching(traces, filter).length > 0);
}

/** Steps that the policy did not steer. */
export function helpedSteps({ interventions, steered_somewhere }: EpisodeTrace): number {
  return steered_somewhere ?? interventions.reduce((sum, [first, last]) => sum + last - first, 0);
}
