/** Help for the active input device, and keys that can be held with mouse or finger. */
import { useEffect, useRef, useState } from "preact/hooks";
import { usePage, useRun } from "../../app_context.ts";
import {
  ACTION_NAMES,
  buttonName,
  canSteerWith,
  type HeldAction,
  keyName,
  type PadAxis,
} from "../../drive/bindings.ts";
import type { Driver } from "../../drive/driver.ts";
import { BindingsDialog } from "./bindings_dialog.tsx";
import { AXIS_NAMES } from "./pad_settings.tsx";
import { SpeedChoice } from "./speed_choice.tsx";

const ARROWS: readonly HeldAction[] = ["x+", "y+", "x-", "y-"];
const LIFT: readonly HeldAction[] = ["z+", "z-"];
const GRIPPER: readonly HeldAction[] = ["close", "open"];

export function SteerPanel() {
  const page = usePage();
  const run = useRun();
  const [isOpen, setOpen] = useState(false);
  const { driver } = page;
  const held = driver.held;
  const key = (action: HeldAction) => (
    <HoldKey key={action} action={action} driver={driver} isHeld={held.has(action)} disabled={!run.canAct} />
  );
  return (
    <section class="panel steer" aria-labelledby="steer-title">
      <div class="panel-head">
        <h2 id="steer-title">Steer</h2>
        <button type="button" class="quiet" onClick={() => setOpen(true)}>
          Customise
        </button>
      </div>
      {run.inControl && (
        <>
          <div class="keys">
            <div class="cross">{ARROWS.map(key)}</div>
            <div class="column">{LIFT.map(key)}</div>
            {run.facts?.has_gripper && <div class="column">{GRIPPER.map(key)}</div>}
          </div>
          <TakeOver driver={driver} isInControl={run.canAct} />
          {run.can("pacing") && <SpeedChoice />}
        </>
      )}
      <p class="device">{deviceHelp(driver)}</p>
      {isOpen && <BindingsDialog onClose={() => setOpen(false)} />}
    </section>
  );
}

interface HoldKeyProps {
  readonly action: HeldAction;
  readonly driver: Driver;
  readonly isHeld: boolean;
  readonly disabled: boolean;
}

function HoldKey({ action, driver, isHeld, disabled }: HoldKeyProps) {
  const pointers = useRef(new Set<number>());
  // An unmounted key would not receive the release.
  useEffect(
    () => () => {
      for (const pointer of pointers.current) driver.release(pointer);
    },
    [driver],
  );
  const press = (event: PointerEvent) => {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    pointers.current.add(event.pointerId);
    driver.touch(event.pointerId, action);
  };
  return (
    <button
      type="button"
      class={`key key-${action.replace("+", "-plus").replace(/-$/, "-minus")} ${isHeld ? "held" : ""}`}
      disabled={disabled}
      aria-pressed={isHeld}
      onPointerDown={press}
      onContextMenu={(event) => event.preventDefault()}
    >
      <kbd>{labelOf(action, driver)}</kbd>
      <span>{ACTION_NAMES[action]}</span>
    </button>
  );
}

/** The label of the key, button or stick on the active device. */
function labelOf(action: HeldAction, { device, pad, keys }: Driver): string {
  if (device === "keyboard" || pad === undefined) return keys[action].map(keyName)[0] ?? "–";
  if (action === "close" || action === "open") return buttonName(pad.buttons[action], pad.mapping);
  const binding = pad[action[0] as PadAxis];
  if (binding === null) return "–";
  const stick = pad.mapping === "" ? binding.axis + 1 : binding.axis < 2 ? "L" : "R";
  const arrows: Readonly<Record<string, string>> = { "x+": "↑", "x-": "↓", "y+": "←", "y-": "→", "z+": "↑", "z-": "↓" };
  return `${stick}${arrows[action]}`;
}

function TakeOver({ driver, isInControl }: { readonly driver: Driver; readonly isInControl: boolean }) {
  const isToggled = driver.mode === "toggled";
  return (
    <fieldset class="take-over">
      <legend>Steer</legend>
      <label>
        <input type="radio" name="take-over" checked={!isToggled} onChange={() => driver.setMode("held")} />
        while held
      </label>
      <label>
        <input type="radio" name="take-over" checked={isToggled} onChange={() => driver.setMode("toggled")} />
        until handed back
      </label>
      {isToggled && (
        <button type="button" aria-pressed={driver.toggledOn} disabled={!isInControl} onClick={() => driver.toggle()}>
          {driver.toggledOn ? "Hand back" : "Take over"} <kbd>{driver.keys.intervene.map(keyName)[0]}</kbd>
        </button>
      )}
    </fieldset>
  );
}

function deviceHelp({ padId, device, pad, mode, padSource, pads }: Driver): string {
  if (padId === undefined || pad === undefined)
    return `Keyboard. ${padSource.refusal ?? "To use a gamepad, press one of its buttons."}`;
  const name = padId.replace(/\s*\(.*\)$/, "");
  if (!canSteerWith(pad)) {
    const why = pad.mapping === "" ? "this browser does not recognise its buttons" : "its buttons are not assigned";
    const extent =
      pad.buttons.stop === null ? "does nothing yet, not even stop" : "stops the robot, but does not steer yet";
    return `${name} ${extent}: ${why}. Assign them under Customise.`;
  }
  if (device === "keyboard") return `Keyboard. ${name} is also connected.`;
  const button = buttonName(pad.buttons.intervene, pad.mapping);
  const use = mode === "held" ? `hold ${button} to steer.` : `${button} takes over and hands back.`;
  const stop = pad.buttons.stop === null ? " It has no stop button: use Esc." : "";
  const restless = (pads.monitor?.restless ?? []).map((axis) => AXIS_NAMES[axis]);
  const off = restless.length === 0 ? "" : ` Not centred, so ignored: ${restless.join(", ")}.`;
  return `${name}: ${use}${stop}${off}`;
}
