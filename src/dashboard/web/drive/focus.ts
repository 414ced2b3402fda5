/**
 * Moves the focus back to the 3-D view after a click on a control, so that the keyboard keeps steering. The focus stays in
 * text fields, and on controls that were reached with the keyboard.
 */
import { isDialogOpen, takesTyping } from "./key_target.ts";

export function keepFocusOnView(isInControl: () => boolean): void {
  let pointed = false;
  addEventListener("keydown", () => (pointed = false), { capture: true });
  for (const type of ["pointerup", "click"] as const) {
    addEventListener(
      type,
      ({ detail }) => {
        // A click event from a key press.
        if (type === "click" && detail === 0) return;
        pointed = true;
        setTimeout(() => isInControl() && focusView());
      },
      { capture: true },
    );
  }
  // A select stays open until an option is chosen.
  addEventListener("change", ({ target }) => {
    if (pointed && isInControl() && target instanceof HTMLSelectElement && !isDialogOpen()) focusViewFrom(target);
  });
}

export function focusView(): void {
  const { activeElement } = document;
  if (isDialogOpen() || takesTyping(activeElement) || activeElement instanceof HTMLSelectElement) return;
  focusViewFrom(activeElement);
}

/** Focuses the 3-D view; without one, removes the focus. */
function focusViewFrom(active: Element | null): void {
  const stage = document.querySelector<HTMLElement>("#stage canvas");
  if (stage !== null) stage.focus({ preventScroll: true });
  else if (active instanceof HTMLElement) active.blur();
}
