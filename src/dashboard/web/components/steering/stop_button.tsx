/** The emergency stop. Outlined, and filled while the robot is stopped. */
import { usePage, useRun } from "../../app_context.ts";
import { Icon } from "../icons.tsx";

export function StopButton() {
  const page = usePage();
  const run = useRun();
  const isStopped = run.stop.active && run.isResponsive && !run.isStopUnconfirmed;
  return (
    <button
      type="button"
      class={`stop ${isStopped ? "stopped" : ""}`}
      disabled={run.facts?.finished != null}
      aria-keyshortcuts="Escape"
      title="Stop the robot (Esc or Space)"
      onClick={() => page.stop()}
    >
      <Icon name="stop" size={16} />
      {run.isStopUnconfirmed ? "STOP sent, not confirmed" : isStopped ? "STOPPED" : "STOP"} <kbd>Esc</kbd>
    </button>
  );
}
