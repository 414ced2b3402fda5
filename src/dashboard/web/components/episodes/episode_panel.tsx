/** Buttons that label and end the episode. */
import type { Label } from "../../../protocol.ts";
import { usePage, useRun } from "../../app_context.ts";
import { buttonName, keyName, type PressAction } from "../../drive/bindings.ts";
import type { Driver } from "../../drive/driver.ts";

const LABEL_BUTTONS: readonly { readonly label: Label; readonly text: string; readonly tone: string }[] = [
  { label: "success", text: "Success", tone: "good" },
  { label: "failure", text: "Failure", tone: "bad" },
  { label: "rerecord", text: "Re-record", tone: "" },
  { label: "terminate", text: "End", tone: "" },
];

export function EpisodePanel() {
  const page = usePage();
  const run = useRun();
  const disabled = !run.canAct || run.stop.active;
  return (
    <section class="panel episode" aria-labelledby="episode-title">
      <div class="panel-head">
        <h2 id="episode-title">End this episode</h2>
        {run.can("labels") && (
          <button
            type="button"
            class="quiet"
            disabled={!run.canAct}
            title="Undo the last success or failure label"
            onClick={() => page.command({ name: "undo_label" })}
          >
            Undo <kbd>{hint("undo", page.driver)}</kbd>
          </button>
        )}
      </div>
      <div class="verdicts">
        {LABEL_BUTTONS.map(({ label, text, tone }) => (
          <button
            key={label}
            type="button"
            class={`verdict ${tone}`}
            disabled={disabled}
            onClick={() => page.label(label)}
          >
            {text} <kbd>{hint(label, page.driver)}</kbd>
          </button>
        ))}
      </div>
    </section>
  );
}

function hint(action: PressAction, { device, pad, keys }: Driver): string {
  if (device === "gamepad" && pad) return buttonName(pad.buttons[action], pad.mapping);
  return keys[action].map(keyName)[0] ?? "–";
}
