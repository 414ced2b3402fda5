/** Who holds control, how to get it, and how to hand it over. */
import { usePage, useRun } from "../app_context.ts";
import type { RunModel } from "../model/run_model.ts";

export function ControlPanel() {
  const page = usePage();
  const run = useRun();
  const { requests } = run.control;
  return (
    <section class={`panel control ${run.inControl ? "mine" : ""}`} aria-labelledby="control-title">
      <h2 id="control-title" class="visually-hidden">
        Control
      </h2>
      <div class="control-row">
        <p data-testid="control">{statusOf(run)}</p>
        {run.inControl ? (
          <button type="button" onClick={() => page.send({ type: "release_control" })}>
            Release control
          </button>
        ) : (
          <button type="button" class="primary" disabled={!run.isLive || run.asksForControl} onClick={() => take(page)}>
            {run.control.holder === null ? "Take control" : run.asksForControl ? "Asked …" : "Ask for control"}
          </button>
        )}
      </div>
      {run.inControl &&
        requests.map(({ client, name }) => (
          <div key={client} class="request" role="alert">
            <p>
              <strong>{name}</strong> asks for control.
            </p>
            <button
              type="button"
              class="primary"
              onClick={() => page.send({ type: "answer_request", client, grant: true })}
            >
              Hand over
            </button>
            <button type="button" onClick={() => page.send({ type: "answer_request", client, grant: false })}>
              Keep
            </button>
          </div>
        ))}
    </section>
  );
}

/** The keyboard goes to the robot, not to the button that was pressed. */
function take(page: ReturnType<typeof usePage>): void {
  page.send({ type: "take_control" });
  document.querySelector<HTMLElement>("#stage canvas")?.focus();
}

function statusOf({ control, inControl }: RunModel): string {
  const others = control.watchers - 1;
  const company = others <= 0 ? "" : others === 1 ? " One other watches." : ` ${others} others watch.`;
  if (inControl) return `You hold control.${company}`;
  if (control.holder !== null) return `${control.holder.name} holds control. You watch.`;
  return `Nobody holds control.${company}`;
}
