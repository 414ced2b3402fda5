/** Shows what steers the robot, the present step, the reward model's judgement, and the input latency. */
import { usePage, useRun } from "../../app_context.ts";
import type { RunModel } from "../../model/run_model.ts";

export function SteerBadge() {
  const page = usePage();
  const run = useRun();
  const trace = run.traces.at(-1);
  const isOpen = trace !== undefined && trace.outcome === null;
  const [tone, text] = whoSteers(page.driver.input.intervening && run.inControl, run);
  const { latency } = run;
  return (
    <div class="badge-row">
      <span class={`badge ${tone}`} data-testid="steering">
        {text}
      </span>
      {isOpen && !run.facts?.finished && (
        <span class="badge calm">
          Episode {trace.episode} · step {trace.length}
        </span>
      )}
      {isOpen && !run.facts?.finished && trace.success_probability !== undefined && (
        <span class="badge calm" title="As the reward model judges the latest images" data-testid="success-probability">
          success {Math.round(100 * trace.success_probability)} %
        </span>
      )}
      {latency && run.inControl && (
        <span
          class="badge calm wide"
          title="Round trip of network and page · wait for the next control step"
          data-testid="latency"
        >
          input {Math.max(0, latency.totalMs - latency.waitedMs).toFixed(0)} ms + {latency.waitedMs.toFixed(0)} ms wait
        </span>
      )}
    </div>
  );
}

function whoSteers(isMe: boolean, run: RunModel): [tone: string, text: string] {
  const [actor] = run.actors.values();
  const { finished, driver, progress } = run.facts ?? {};
  if (run.connection !== "open") return ["calm", finished ? "The run is over" : "Not connected"];
  if (finished) return ["calm", "The run is over"];
  if (!run.isResponsive) return ["calm", "Unknown"];
  if (run.stop.active) return ["failure", "Stopped"];
  if (actor?.state === "paused") return ["calm", "Paused"];
  if (progress?.phase === "evaluating") return ["calm", "Evaluating"];
  if (isMe) return ["person", "You are steering"];
  if (driver?.kind === "person") return ["person", `${driver.name ?? "A person"} is steering`];
  if (driver?.kind === "operator") return ["helper", "Scripted operator is steering"];
  if (actor?.state === "holding" || run.facts?.recording_session != null) return ["calm", "Robot is holding"];
  return ["policy", "Policy is acting"];
}
