/** Who moves the robot at this moment, and how quickly it follows the hands. */
import { usePage, useRun } from "../app_context.ts";

export function SteerBadge() {
  const page = usePage();
  const run = useRun();
  const trace = run.traces.at(-1);
  const isOpen = trace !== undefined && trace.outcome === null;
  const [tone, text] = whoSteers(page.driver.input.intervening && run.inControl, run, isSteered(trace));
  const { latency } = run;
  return (
    <div class="badge-row">
      <span class={`badge ${tone}`} data-testid="steering">
        {text}
      </span>
      {isOpen && (
        <span class="badge calm">
          Episode {trace.episode} · step {trace.length}
        </span>
      )}
      {latency && run.inControl && (
        <span
          class="badge calm"
          title="Network and page, there and back · wait for the next control step"
          data-testid="latency"
        >
          input {Math.max(0, latency.totalMs - latency.waitedMs).toFixed(0)} ms + {latency.waitedMs.toFixed(0)} ms wait
        </span>
      )}
    </div>
  );
}

function isSteered(
  trace: { readonly length: number; readonly interventions: readonly (readonly [number, number])[] } | undefined,
) {
  const last = trace?.interventions.at(-1);
  return trace !== undefined && last !== undefined && last[1] >= trace.length - 1;
}

function whoSteers(isMe: boolean, run: ReturnType<typeof useRun>, steered: boolean): [tone: string, text: string] {
  const [actor] = run.actors.values();
  if (run.stop.active) return ["bad", "Stopped"];
  if (actor?.state === "paused") return ["warn", "Paused"];
  if (isMe) return ["intervention", "You steer"];
  if (steered) return ["intervention", "Somebody steers"];
  return ["good", "Policy acts"];
}
