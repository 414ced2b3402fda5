/** Shows which page is in control; takes, requests, releases and hands over control. */
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
          <button type="button" disabled={!run.isResponsive} onClick={() => page.send({ type: "release_control" })}>
            Release control
          </button>
        ) : run.stop.active ? null : (
          // While the robot is stopped the banner has this button.
          <button
            type="button"
            class="primary"
            disabled={!run.isLive || !run.isResponsive || run.asksForControl}
            onClick={() => page.send({ type: "take_control" })}
          >
            {run.control.holder === null ? "Take control" : run.asksForControl ? "Requested …" : "Ask for control"}
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
              Keep control
            </button>
          </div>
        ))}
      <NameField />
    </section>
  );
}

function statusOf({ control, inControl }: RunModel): string {
  const others = control.watchers - 1;
  const watching = others <= 0 ? "" : ` ${others} ${others === 1 ? "other" : "others"} watching.`;
  if (inControl) return `You are in control.${watching}`;
  if (control.holder !== null) return `${control.holder.name} is in control. You are watching.`;
  return `No one is in control.${watching}`;
}
