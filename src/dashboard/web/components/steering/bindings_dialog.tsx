/** Dialog for key, button and axis bindings, which this browser stores per device. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { usePage, useRun } from "../../app_context.ts";
import {
  ACTION_NAMES,
  canBeBound,
  DEFAULT_KEYS,
  defaultPad,
  type KeyBindings,
  keyName,
  rebindKey,
} from "../../drive/bindings.ts";
import { PadSettings } from "./pad_settings.tsx";

export function BindingsDialog({ onClose }: { readonly onClose: () => void }) {
  useRun();
  const { driver } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  // Before painting: once the dialog is visible, keys must not steer.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="bindings" aria-labelledby="bindings-title" onClose={onClose}>
      <div class="panel-head">
        <h2 id="bindings-title">Keys and buttons</h2>
        <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
          Done
        </button>
      </div>
      <h3>Keyboard</h3>
      <KeyTable />
      <button type="button" class="quiet" onClick={() => driver.setKeys(DEFAULT_KEYS)}>
        Restore keyboard defaults
      </button>
      <h3>Gamepad</h3>
      {driver.pad ? (
        <PadSettings />
      ) : (
        <p class="hint">
          {driver.padSource.refusal ??
            "No gamepad is connected. Plug one in and press a button: browsers detect it only then."}
        </p>
      )}
      {driver.pad && (
        <button type="button" class="quiet" onClick={() => driver.changePad(({ mapping }) => defaultPad(mapping))}>
          {driver.pad.mapping === "standard" ? "Restore gamepad defaults" : "Clear all assignments"}
        </button>
      )}
      <p class="hint">
        Esc always stops the robot. Space does too, except in text fields: use Enter to press the focused button.
      </p>
    </dialog>
  );
}

function KeyTable() {
  const { driver } = usePage();
  const [waiting, setWaiting] = useState<keyof KeyBindings>();
  const capture = (event: KeyboardEvent) => {
    if (waiting === undefined || !canBeBound(event.code)) return;
    event.preventDefault();
    event.stopPropagation();
    driver.setKeys(rebindKey(driver.keys, waiting, event.code));
    setWaiting(undefined);
  };
  return (
    <ul class="binding-list">
      {(Object.keys(DEFAULT_KEYS) as (keyof KeyBindings)[]).map((action) => (
        <li key={action}>
          <span>{ACTION_NAMES[action]}</span>
          <button
            type="button"
            aria-label={`Key for ${ACTION_NAMES[action]}`}
            onClick={() => setWaiting(action)}
            onBlur={() => setWaiting(undefined)}
            onKeyDown={capture}
          >
            {waiting === action ? "press a key" : <kbd>{driver.keys[action].map(keyName).join(" or ") || "none"}</kbd>}
          </button>
        </li>
      ))}
    </ul>
  );
}
