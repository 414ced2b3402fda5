/** Selects the speed while a person is in control. */
import { SPEEDS } from "../../../run_state.ts";
import { usePage, useRun } from "../../app_context.ts";

export function SpeedChoice() {
  const page = usePage();
  const run = useRun();
  const speed = run.facts?.pacing?.speed;
  if (speed === undefined) return null;
  return (
    <div class="speed">
      <span class="hint" id="speed-label">
        Speed while you are in control
      </span>
      <fieldset class="choice" aria-labelledby="speed-label">
        {SPEEDS.map((choice) => (
          <button
            key={choice}
            type="button"
            aria-pressed={speed === choice}
            onClick={() => page.command({ name: "set_speed", speed: choice })}
          >
            {choice === "max" ? "max" : `${choice}×`}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
