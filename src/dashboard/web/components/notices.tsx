/** Short messages that disappear after a few seconds. */
import { useRun } from "../app_context.ts";

export function Notices() {
  const run = useRun();
  return (
    <div class="notices" aria-live="polite">
      {run.notices.map(({ id, level, text }) => (
        <p key={id} class={level}>
          {text}
          <button type="button" class="quiet icon" aria-label="Dismiss" onClick={() => run.dismiss(id)}>
            ×
          </button>
        </p>
      ))}
    </div>
  );
}
