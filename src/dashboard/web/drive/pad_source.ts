/**
 * Reads the browser's gamepads. Some browsers provide them to secure pages only, and may refuse them to a page in a frame:
 * then `refusal` has the reason, and the browser is not asked again.
 */
import type { PadIdentity } from "./stored_bindings.ts";

/** The state of a `Gamepad`. */
export interface PadSnapshot extends PadIdentity {
  readonly index: number;
  readonly connected: boolean;
  readonly axes: readonly number[];
  readonly buttons: readonly { readonly pressed: boolean; readonly value: number }[];
}

/** The used part of `navigator`. */
export interface PadNavigator {
  getGamepads?(): ArrayLike<PadSnapshot | null | undefined>;
}

export class PadSource {
  /** Why this page cannot use gamepads; undefined if it can. */
  refusal: string | undefined;
  readonly #navigator: PadNavigator;
  readonly #isSecure: boolean;

  constructor(navigator: PadNavigator, isSecure: boolean) {
    this.#navigator = navigator;
    this.#isSecure = isSecure;
    if (typeof navigator.getGamepads !== "function") this.refusal = this.#reason();
  }

  /** The connected pads, at most one per index. */
  read(): readonly PadSnapshot[] {
    if (this.refusal !== undefined) return [];
    try {
      const pads = Array.from(this.#navigator.getGamepads?.() ?? []);
      return pads.filter((pad): pad is PadSnapshot => pad?.connected === true);
    } catch {
      this.refusal = this.#reason();
      return [];
    }
  }

  #reason(): string {
    return this.#isSecure
      ? "Gamepads are disabled for this page by the browser or the embedding page."
      : "Gamepads need https or localhost in this browser.";
  }
}
