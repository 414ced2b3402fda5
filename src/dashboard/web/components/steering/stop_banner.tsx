/** While the robot is stopped, nothing on the page is more important. */
import { usePage, useRun } from "../../app_context.ts";

const REASONS = {
  person: "Somebody pressed STOP.",
  disconnected: "Whoever was in control lost the connection.",
  silent: "The page of whoever was in control fell silent.",
} as const;

export function StopBanner() {
  const page = usePage();
  const run = useRun();
  const { active, reason } = run.stop;
  if (run.facts?.finished) return null;
  if (run.facts?.mode === "live" && (!run.isHeard || run.isStopUnconfirmed)) return <Unknown />;
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

/** Nobody knows what the robot does: the green state, and whatever was known before, would be a lie. */
function Unknown() {
  const run = useRun();
  const seconds = Math.floor(run.silentMs / 1000);
  const lost = `The connection is lost${run.closeReason && `: ${run.closeReason}`}.`;
  const line = run.connection === "open" ? `No word from the robot for ${seconds} s.` : lost;
  return (
    <section class="stop-banner" role="alert" aria-label="Connection">
      <p>
        {!run.isHeard && <strong>{line} </strong>}
        {run.isStopUnconfirmed
          ? "STOP was sent and is not confirmed. It is sent again when the robot answers. Use the robot’s own stop if it moves."
          : "Nothing on this page acts on the robot but STOP."}
      </p>
    </section>
  );
}
