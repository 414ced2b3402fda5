/**
 * Gives the keyboard back to the robot after a click: whoever drives and touches a radio button, a slider or a tab goes
 * on driving. The focus stays where it is for those who walk there with the keyboard, and in what is typed into.
 */
import { isDialogOpen, takesTyping } from "./key_target.ts";

export function keepFocusOnDriving(isInControl: () => boolean): void {
  let pointed = false;
  addEventListener("keydown", () => (pointed = false), { capture: true });
  for (const type of ["pointerup", "click"] as const) {
    addEventListener(
      type,
      ({ detail }) => {
        // A button that is pressed with a key is clicked, too.
        if (type === "click" && detail === 0) return;
        pointed = true;
        setTimeout(() => isInControl() && giveFocusToDriving());
      },
      { capture: true },
    );
  }
  // A list of choices stays open until something is chosen.
  addEventListener("change", ({ target }) => {
    if (pointed && isInControl() && target instanceof HTMLSelectElement && !isDialogOpen()) driveFrom(target);
  });
}

export function giveFocusToDriving(): void {
  const { activeElement } = document;
  if (isDialogOpen() || takesTyping(activeElement) || activeElement instanceof HTMLSelectElement) return;
  driveFrom(activeElement);
}

/** The view of the robot takes the focus; where there is none, nothing has it. */
function driveFrom(active: Element | null): void {
  const stage = document.querySelector<HTMLElement>("#stage canvas");
  if (stage !== null) stage.focus({ preventScroll: true });
  else if (active instanceof HTMLElement) active.blur();
}
