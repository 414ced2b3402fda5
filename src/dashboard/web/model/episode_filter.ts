/** Which of the recorded episodes to show. Pure. */
import type { EpisodeTrace } from "../../protocol.ts";

export const FILTERS = ["all", "success", "alone", "failed", "helped"] as const;
export type Filter = (typeof FILTERS)[number];

/** `alone` are successes without help; `failed` is whatever did not succeed. */
export function matching(traces: readonly EpisodeTrace[], filter: Filter): readonly EpisodeTrace[] {
  const isShown: Readonly<Record<Filter, (trace: EpisodeTrace) => boolean>> = {
    all: () => true,
    success: ({ outcome }) => outcome === "success",
    alone: (trace) => trace.outcome === "success" && helpedSteps(trace) === 0,
    failed: ({ outcome }) => outcome !== "success" && outcome !== null,
    helped: (trace) => helpedSteps(trace) > 0,
  };
  return traces.filter(isShown[filter]);
}

/** Steps that somebody else than the policy steered. */
export function helpedSteps({ interventions, steered_somewhere }: EpisodeTrace): number {
  return steered_somewhere ?? interventions.reduce((sum, [first, last]) => sum + last - first, 0);
}
