/**
 * Stores bindings in the browser, per device. An entry that does not match the schema is replaced by the defaults as a
 * whole, so that bindings are never a mixture.
 */
import { z } from "zod";
import {
  canBeBound,
  DEFAULT_KEYS,
  defaultPad,
  type KeyBindings,
  PAD_ACTIONS,
  type PadAction,
  type PadBindings,
  type PadMapping,
} from "./bindings.ts";

const PREFIX = "handrail.bindings.";

const codes = z.array(z.string().refine(canBeBound));
const KeysSchema = z.strictObject(
  Object.fromEntries(Object.keys(DEFAULT_KEYS).map((action) => [action, codes])) as Record<
    keyof KeyBindings,
    typeof codes
  >,
);
const place = z.int().min(0).nullable();
const axis = z.strictObject({ axis: z.int().min(0), inverted: z.boolean() }).nullable();
const PadSchema = z.strictObject({
  mapping: z.enum(["standard", ""]),
  x: axis,
  y: axis,
  z: axis,
  buttons: z.strictObject(
    Object.fromEntries(PAD_ACTIONS.map((action) => [action, place])) as Record<PadAction, typeof place>,
  ),
  deadZone: z.number().min(0).max(0.9),
});

/** Identifies a kind of pad. The same pad with another numbering counts as another kind. */
export interface PadIdentity {
  /** `Gamepad.id` */
  readonly id: string;
  readonly mapping: string;
  readonly axes: ArrayLike<unknown>;
  readonly buttons: ArrayLike<unknown>;
}

export function mappingOf({ mapping }: Pick<PadIdentity, "mapping">): PadMapping {
  return mapping === "standard" ? "standard" : "";
}

export function padKey(pad: PadIdentity): string {
  const known = mappingOf(pad) === "standard";
  return known ? pad.id : `${pad.id}, unknown layout of ${pad.axes.length} axes and ${pad.buttons.length} buttons`;
}

export function loadKeys(storage: Storage): KeyBindings {
  const stored = KeysSchema.safeParse({ ...DEFAULT_KEYS, ...readObject(storage, "keyboard") });
  return stored.success ? stored.data : DEFAULT_KEYS;
}

export function saveKeys(storage: Storage, bindings: KeyBindings): void {
  write(storage, "keyboard", bindings);
}

export function loadPad(storage: Storage, pad: PadIdentity): PadBindings {
  const defaults = defaultPad(mappingOf(pad));
  const stored = readObject(storage, padKey(pad)) as Partial<PadBindings>;
  const buttons = { ...defaults.buttons, ...stored.buttons };
  const parsed = PadSchema.safeParse({ ...defaults, ...stored, buttons });
  return parsed.success && parsed.data.mapping === defaults.mapping ? parsed.data : defaults;
}

export function savePad(storage: Storage, pad: PadIdentity, bindings: PadBindings): void {
  write(storage, padKey(pad), bindings);
}

/** Private windows may refuse to store; the bindings then last as long as the page. */
function write(storage: Storage, device: string, value: object): void {
  try {
    storage.setItem(PREFIX + device, JSON.stringify(value));
  } catch {}
}

function readObject(storage: Storage, device: string): object {
  try {
    const value: unknown = JSON.parse(storage.getItem(PREFIX + device) ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {}; // invalid; replaced at the next change
  }
}
