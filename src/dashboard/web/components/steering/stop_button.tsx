/** The emergency stop, on every page at the same place. It is outlined until somebody means it, and filled while it holds. */
import { usePage, useRun } from "../../app_context.ts";
import { Icon } from "../icons.tsx";

export function StopButton() {
  const page = usePage();
  const run = useRun();
  const isStopped = run.stop.active && run.isHeard && !run.isStopUnconfirmed;
  return (
    <button
      type="button"
      class={`stop ${isStopped ? "stopped" : ""}`}
      disabled={run.facts?.finished != null}
      aria-keyshortcuts="Escape"
      title="The robot stops and holds (Esc, or Space)"
      onClick={() => page.stop()}
    >
      <Icon name="stop" size={16} />
      {run.isStopUnconfirmed ? "STOP sent, not confirmed" : isStopped ? "STOPPED" : "STOP"} <kbd>Esc</kbd>
    </button>
  );
}
