/** Who holds control, how to get it, and how to hand it over. */
import { usePage, useRun } from "../../app_context.ts";
import type { RunModel } from "../../model/run_model.ts";
import { NameField } from "../name_field.tsx";

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
          <button type="button" disabled={!run.isHeard} onClick={() => page.send({ type: "release_control" })}>
            Release control
          </button>
        ) : run.stop.active ? null : (
          // While the robot is stopped the banner on the view asks for it.
          <button
            type="button"
            class="primary"
            disabled={!run.isLive || !run.isHeard || run.asksForControl}
            onClick={() => page.send({ type: "take_control" })}
          >
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
      <NameField />
    </section>
  );
}

function statusOf({ control, inControl }: RunModel): string {
  const others = control.watchers - 1;
  const company = others <= 0 ? "" : others === 1 ? " One other watches." : ` ${others} others watch.`;
  if (inControl) return `You hold control.${company}`;
  if (control.holder !== null) return `${control.holder.name} holds control. You watch.`;
  return `Nobody holds control.${company}`;
}
