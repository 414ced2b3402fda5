/**
 * The browser's gamepads. Some browsers offer them to secure pages only, and a page in another's frame may be refused
 * them: then there is a reason to show, and nobody asks again.
 */
import type { PadIdentity } from "./stored_bindings.ts";

/** A `Gamepad` at one moment. */
export interface PadSnapshot extends PadIdentity {
  readonly index: number;
  readonly connected: boolean;
  readonly axes: readonly number[];
  readonly buttons: readonly { readonly pressed: boolean; readonly value: number }[];
}

/** The part of `navigator` that is asked. */
export interface PadNavigator {
  getGamepads?(): ArrayLike<PadSnapshot | null | undefined>;
}

export class PadSource {
  /** Why there are no pads on this page; undefined where there may be. */
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
      ? "Gamepads are switched off for this page: this browser, or the page around it, does not allow them."
      : "Gamepads need a page over https, or from localhost: this browser offers none to others.";
  }
}
