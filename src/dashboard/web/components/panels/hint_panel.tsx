/** The most important hint, on the live view. */
import { useRun } from "../../app_context.ts";
import { hintInputsOf } from "../../model/hint_inputs.ts";
import { hintsFor } from "../../model/hints.ts";

export function HintPanel() {
  const [first] = hintsFor(hintInputsOf(useRun()));
  if (first === undefined) return null;
  return (
    <section class={`panel hint-card ${first.level}`} aria-label="Hint">
      <p>
        <strong>{first.text}</strong>
      </p>
      <p>{first.reason}</p>
    </section>
  );
}
