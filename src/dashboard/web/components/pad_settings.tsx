/** One gamepad's axes, buttons and dead zone, with its present readings to find out which is which. */
import { usePage } from "../app_context.ts";
import { ACTION_NAMES, type AxisBinding, buttonName, type PadBindings, rebindButton } from "../drive/bindings.ts";

const AXES = ["x", "y", "z"] as const;
const AXIS_NAMES = { x: "forward – back", y: "left – right", z: "up – down" } as const;
const BUTTONS = ["intervene", "close", "open", "success", "failure", "rerecord", "terminate", "undo", "stop"] as const;

export function PadSettings() {
  const { driver } = usePage();
  const { pad } = driver;
  const raw = driver.readRawPad();
  if (pad === undefined || raw === undefined) return null;
  const change = (part: Partial<PadBindings>) => driver.setPad({ ...pad, ...part });
  return (
    <div class="pad-settings">
      <p class="hint">{driver.padId}</p>
      <ul class="binding-list">
        {AXES.map((axis) => (
          <AxisRow
            key={axis}
            name={AXIS_NAMES[axis]}
            binding={pad[axis]}
            axes={raw.axes.length}
            onChange={(binding) => change({ [axis]: binding })}
          />
        ))}
        {BUTTONS.map((action) => (
          <li key={action}>
            <label for={`button-${action}`}>{action === "stop" ? "stop" : ACTION_NAMES[action]}</label>
            <select
              id={`button-${action}`}
              value={pad.buttons[action]}
              onChange={({ currentTarget }) => driver.setPad(rebindButton(pad, action, Number(currentTarget.value)))}
            >
              {raw.buttons.map((_, button) => (
                <option key={buttonName(button)} value={button}>
                  {buttonName(button)}
                </option>
              ))}
            </select>
          </li>
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
            onInput={({ currentTarget }) => change({ deadZone: Number(currentTarget.value) })}
          />
        </li>
      </ul>
    </div>
  );
}

interface AxisRowProps {
  readonly name: string;
  readonly binding: AxisBinding;
  readonly axes: number;
  readonly onChange: (binding: AxisBinding) => void;
}

function AxisRow({ name, binding, axes, onChange }: AxisRowProps) {
  return (
    <li>
      <span>{name}</span>
      <span class="axis">
        <select
          aria-label={`Axis for ${name}`}
          value={binding.axis}
          onChange={({ currentTarget }) => onChange({ ...binding, axis: Number(currentTarget.value) })}
        >
          {Array.from({ length: axes }, (_, axis) => (
            <option key={`axis ${axis + 1}`} value={axis}>
              axis {axis + 1}
            </option>
          ))}
        </select>
        <label>
          <input
            type="checkbox"
            aria-label={`${name} inverted`}
            checked={binding.inverted}
            onChange={({ currentTarget }) => onChange({ ...binding, inverted: currentTarget.checked })}
          />
          inverted
        </label>
      </span>
    </li>
  );
}
