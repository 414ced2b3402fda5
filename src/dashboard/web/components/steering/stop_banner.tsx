/** Banner for a stopped robot, a lost connection and an unconfirmed stop. */
import { usePage, useRun } from "../../app_context.ts";

const REASONS = {
  person: "STOP was pressed.",
  disconnected: "The page in control lost its connection.",
  silent: "The page in control did not respond.",
} as const;

export function StopBanner() {
  const page = usePage();
  const run = useRun();
  const { active, reason } = run.stop;
  if (run.facts?.finished) return null;
  if (run.facts?.mode === "live" && (!run.isResponsive || run.isStopUnconfirmed)) return <Unknown />;
  if (!active) return null;
  return (
    <section class="stop-banner" role="alert" aria-label="Emergency stop">
      <p>
        <strong>The robot is stopped and holds.</strong> {reason && REASONS[reason]}
      </p>
      {run.inControl ? (
        <button type="button" onClick={() => page.send({ type: "release_stop" })}>
          Release the stop
        </button>
      ) : (
        <button type="button" onClick={() => page.send({ type: "take_control" })} disabled={run.asksForControl}>
          {run.control.holder === null
            ? "Take control to release"
            : run.asksForControl
              ? "Requested …"
              : "Ask for control"}
        </button>
      )}
    </section>
  );
}

/** The robot's state is unknown. */
function Unknown() {
  const run = useRun();
  const seconds = Math.floor(run.silentMs / 1000);
  const lost = `The connection is lost${run.closeReason && `: ${run.closeReason}`}.`;
  const line = run.connection === "open" ? `No response from the robot for ${seconds} s.` : lost;
  return (
    <section class="stop-banner" role="alert" aria-label="Connection">
      <p>
        {!run.isResponsive && <strong>{line} </strong>}
        {run.isStopUnconfirmed
          ? "STOP was sent but is not confirmed. It is resent until it is. If the robot moves, use its own emergency stop."
          : "Only STOP is sent to the robot."}
      </p>
    </section>
  );
}
