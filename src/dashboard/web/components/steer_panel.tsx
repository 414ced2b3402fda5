/** How to steer with the device at hand. On a touch screen the same keys are there to be held with a finger. */
import { useState } from "preact/hooks";
import { usePage, useRun } from "../app_context.ts";
import { ACTION_NAMES, buttonName, type HeldAction, keyName } from "../drive/bindings.ts";
import type { Driver } from "../drive/driver.ts";
import { BindingsDialog } from "./bindings_dialog.tsx";

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
    <HoldKey key={action} action={action} driver={driver} isHeld={held.has(action)} disabled={!run.inControl} />
  );
  return (
    <section class="panel steer" aria-labelledby="steer-title">
      <div class="panel-head">
        <h2 id="steer-title">Steer</h2>
        <button type="button" class="quiet" onClick={() => setOpen(true)}>
          Customise
        </button>
      </div>
      <div class="keys">
        <div class="cross">{ARROWS.map(key)}</div>
        <div class="column">{LIFT.map(key)}</div>
        {run.facts?.has_gripper && <div class="column">{GRIPPER.map(key)}</div>}
      </div>
      <TakeOver driver={driver} isInControl={run.inControl} />
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
  const press = (event: PointerEvent) => {
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    driver.touch(action, true);
  };
  const release = () => driver.touch(action, false);
  return (
    <button
      type="button"
      class={`key key-${action.replace("+", "-plus").replace(/-$/, "-minus")} ${isHeld ? "held" : ""}`}
      disabled={disabled}
      aria-pressed={isHeld}
      onPointerDown={press}
      onPointerUp={release}
      onPointerCancel={release}
      onContextMenu={(event) => event.preventDefault()}
    >
      <kbd>{labelOf(action, driver)}</kbd>
      <span>{ACTION_NAMES[action]}</span>
    </button>
  );
}

/** What to press on the device in use. */
function labelOf(action: HeldAction, { device, pad, keys }: Driver): string {
  if (device === "keyboard" || pad === undefined) return keys[action].map(keyName)[0] ?? "–";
  if (action === "close" || action === "open") return buttonName(pad.buttons[action]);
  const stick = pad[action[0] as "x" | "y" | "z"].axis < 2 ? "L" : "R";
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

function deviceHelp({ padId, device, pad, mode }: Driver): string {
  if (padId === undefined || pad === undefined)
    return "Keyboard. A gamepad is found when you press one of its buttons.";
  const name = padId.replace(/\s*\(.*\)$/, "");
  if (device === "keyboard") return `Keyboard; ${name} is connected, too.`;
  const button = buttonName(pad.buttons.intervene);
  return mode === "held" ? `${name}: hold ${button} to steer.` : `${name}: ${button} takes over and hands back.`;
}
