/** Axes, buttons and dead zone of a gamepad. Buttons and axes are assigned by pressing and moving them. */
import { useEffect, useState } from "preact/hooks";
import { usePage } from "../../app_context.ts";
import { AxisFinder, ButtonFinder } from "../../drive/assign_pad.ts";
import {
  ACTION_NAMES,
  buttonName,
  PAD_AXES,
  type PadAction,
  type PadAxis,
  type PadBindings,
  rebindButton,
} from "../../drive/bindings.ts";
import type { Driver } from "../../drive/driver.ts";

export const AXIS_NAMES = { x: "forward – back", y: "left – right", z: "up – down" } as const;
/** The positive end of each axis. */
const PUSH = { x: "forward", y: "to the left", z: "up" } as const;
const BUTTONS = ["stop", "intervene", "close", "open", "success", "failure", "rerecord", "terminate", "undo"] as const;
const READ_INTERVAL_MS = 20;

export function PadSettings() {
  const { driver } = usePage();
  const { pad } = driver;
  const trial = useTrial(driver);
  if (pad === undefined) return null;
  const setDeadZone = (deadZone: number) => driver.changePad((present) => ({ ...present, deadZone }));
  return (
    <div class="pad-settings">
      <p class="hint">{driver.padId}</p>
      {pad.mapping === "" && (
        <p class="hint">
          This browser does not recognise the gamepad, so its buttons and sticks do nothing until you assign them here.
          Start with “stop”.
        </p>
      )}
      <p class="hint" role="status">
        {trial.message}
      </p>
      <ul class="binding-list">
        {BUTTONS.map((action) => (
          <ButtonRow key={action} action={action} pad={pad} trial={trial} />
        ))}
        {PAD_AXES.map((axis) => (
          <AxisRow key={axis} axis={axis} pad={pad} trial={trial} />
        ))}
        <li>
          <label for="dead-zone">dead zone {Math.round(100 * pad.deadZone)} %</label>
          <input
            id="dead-zone"
            type="range"
            min="0"
            max="0.4"
            step="0.01"
            value={pad.deadZone}
            onInput={({ currentTarget }) => setDeadZone(Number(currentTarget.value))}
          />
        </li>
      </ul>
    </div>
  );
}

/** The running assignment and its status message. */
interface Trial {
  readonly message: string;
  readonly of: PadAction | PadAxis | undefined;
  begin(of: PadAction | PadAxis): void;
}

function useTrial(driver: Driver): Trial {
  const [of, setOf] = useState<PadAction | PadAxis>();
  const [message, setMessage] = useState("");
  useEffect(() => {
    const first = driver.readRawPad();
    if (of === undefined || first === undefined) return;
    const end = (text: string) => {
      setMessage(text);
      setOf(undefined);
    };
    const isAxis = isPadAxis(of);
    const axis = new AxisFinder(first);
    const button = new ButtonFinder(first);
    setMessage(isAxis ? `Push the stick ${PUSH[of]}, then release it.` : `Press the button for “${nameOf(of)}”.`);
    const timer = setInterval(() => {
      const raw = driver.readRawPad();
      const bindings = driver.pad;
      if (raw === undefined || bindings === undefined) return end("The gamepad was disconnected.");
      if (isAxis) {
        const result = axis.read(raw, performance.now());
        if (result.state === "refused") end(result.reason);
        if (result.state !== "found") return;
        driver.changePad((present) => ({ ...present, [of]: result.binding }));
        return end(`Axis ${result.binding.axis + 1} moves ${AXIS_NAMES[of]}.`);
      }
      const found = button.read(raw);
      if (found === undefined) return;
      driver.changePad((present) => rebindButton(present, of, found));
      end(`${buttonName(found, bindings.mapping)} is “${nameOf(of)}”.`);
    }, READ_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [of, driver]);
  return { message, of, begin: setOf };
}

function isPadAxis(what: PadAction | PadAxis): what is PadAxis {
  return (PAD_AXES as readonly string[]).includes(what);
}

function nameOf(action: PadAction): string {
  return action === "stop" ? "stop" : ACTION_NAMES[action];
}

interface RowProps {
  readonly pad: PadBindings;
  readonly trial: Trial;
}

function ButtonRow({ action, pad, trial }: RowProps & { readonly action: PadAction }) {
  const { driver } = usePage();
  const count = driver.readRawPad()?.buttons.length ?? 0;
  const choose = (value: string) => {
    const button = value === "" ? null : Number(value);
    driver.changePad((present) => rebindButton(present, action, button));
  };
  return (
    <li>
      <label for={`button-${action}`}>{nameOf(action)}</label>
      <span class="axis">
        <select
          id={`button-${action}`}
          value={pad.buttons[action] ?? ""}
          onChange={({ currentTarget }) => choose(currentTarget.value)}
        >
          <option value="">none</option>
          {Array.from({ length: count }, (_, button) => (
            <option key={buttonName(button)} value={button}>
              {buttonName(button, pad.mapping)}
            </option>
          ))}
        </select>
        <TryButton of={action} name={nameOf(action)} trial={trial} />
      </span>
    </li>
  );
}

function AxisRow({ axis, pad, trial }: RowProps & { readonly axis: PadAxis }) {
  const { driver } = usePage();
  const binding = pad[axis];
  const invert = (inverted: boolean) =>
    driver.changePad((present) => {
      const bound = present[axis];
      return bound === null ? present : { ...present, [axis]: { ...bound, inverted } };
    });
  const name = AXIS_NAMES[axis];
  return (
    <li>
      <span>
        {name}: {binding === null ? "none" : `axis ${binding.axis + 1}`}
      </span>
      <span class="axis">
        {binding !== null && (
          <label>
            <input
              type="checkbox"
              aria-label={`${name} inverted`}
              checked={binding.inverted}
              onChange={({ currentTarget }) => invert(currentTarget.checked)}
            />
            inverted
          </label>
        )}
        <TryButton of={axis} name={name} trial={trial} />
      </span>
    </li>
  );
}

/** Starts the assignment of a button or axis. */
function TryButton({ of, name, trial }: Pick<RowProps, "trial"> & { of: PadAction | PadAxis; name: string }) {
  return (
    <button type="button" class="quiet" aria-label={`Assign ${name}`} onClick={() => trial.begin(of)}>
      {trial.of === of ? "…" : "Assign"}
    </button>
  );
}
