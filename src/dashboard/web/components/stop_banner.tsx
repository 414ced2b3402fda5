/** While the robot is stopped, nothing on the page is more important. */
import { usePage, useRun } from "../app_context.ts";

const REASONS = {
  person: "Somebody pressed STOP.",
  connection_lost: "Whoever was in control lost the connection.",
} as const;

export function StopBanner() {
  const page = usePage();
  const run = useRun();
  const { active, reason } = run.stop;
  if (!active) return null;
  return (
    <section class="stop-banner" role="alert" aria-label="Emergency stop">
      <p>
        <strong>The robot is stopped and holds.</strong> {reason && REASONS[reason]}
      </p>
      {run.inControl ? (
        <button type="button" onClick={() => page.send({ type: "release_stop" })}>
          Let the robot go on
        </button>
      ) : (
        <button type="button" onClick={() => page.send({ type: "take_control" })} disabled={run.asksForControl}>
          {run.control.holder === null ? "Take control to go on" : run.asksForControl ? "Asked …" : "Ask for control"}
        </button>
      )}
    </section>
  );
}
