/** The first of the hints, where the robot is watched. */
import { useRun } from "../../app_context.ts";
import { hintsFor } from "../../model/hints.ts";
import { pictureOf } from "../../model/picture.ts";

export function HintPanel() {
  const [first] = hintsFor(pictureOf(useRun()));
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
