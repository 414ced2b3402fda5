/** Creates the page's connection, driver and run model, and provides them to the components. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { ImageFrame, PoseFrame } from "../frames.ts";
import { MAX_NAME_LENGTH } from "../limits.ts";
import type { ClientMessage, Label, RunCommand, ServerMessage } from "../protocol.ts";
import { Connection } from "./connection.ts";
import { Driver } from "./drive/driver.ts";
import { RunModel } from "./model/run_model.ts";

type FrameListener = (frame: PoseFrame | ImageFrame) => void;

/** Interval of component updates. Poses and images are not limited by it. */
const RENDER_INTERVAL_MS = 60;
const NAME_KEY = "handrail.name";
const CONTROL_KEY = "handrail.had_control";
/** Longer than a reload takes. */
const RELOAD_MS = 20_000;
/** Longer than the server needs to notice that the old socket is gone. Afterwards control is not taken back. */
const REGAIN_MS = 10_000;

export class Page {
  readonly run = new RunModel(() => this.#changed());
  readonly connection: Connection;
  readonly driver: Driver;
  readonly #renderers = new Set<() => void>();
  readonly #frameListeners = new Set<FrameListener>();
  #scheduled = false;
  #nextCommand = 1;
  #hadControl = false;
  /** Until then a reloaded page takes its control back; 0 once it has done so, or if it had none. */
  #regainUntilMs = hadControlJustNow() ? performance.now() + REGAIN_MS : 0;
  #hasAsked = false;
  /** The user's name, as shown on other pages. */
  name = personName();
  /** For a view that opens between two steps. */
  latestPoses: PoseFrame | undefined;

  constructor() {
    // Also for a second reload before control was taken back.
    addEventListener("pagehide", () => (this.run.inControl || this.#regains) && rememberControl());
    this.connection = new Connection(() => this.name, {
      onMessage: (message) => this.#receive(message),
      onFrame: (frame) => {
        if (frame.type === "poses") this.latestPoses = frame;
        for (const listener of this.#frameListeners) listener(frame);
      },
      onState: (state, reason) => {
        this.run.onConnection(state, reason);
        this.driver.releaseAll();
      },
      onSilence: (forMs) => {
        this.run.onSilence(forMs);
        if (forMs > 0) this.driver.releaseTouches();
      },
    });
    this.driver = new Driver(this.connection, {
      onChange: () => this.#changed(),
      onPress: (action) => (action === "undo" ? this.command({ name: "undo_label" }) : this.label(action)),
      onStop: () => this.stop(),
      onIgnoredKey: () => this.#explainIgnoredKey(),
      onPadLost: () => this.run.notify("error", "The gamepad was disconnected: its input was released."),
      isInControl: () => this.run.inControl,
      canStop: () => this.#canStop,
    });
  }

  rename(name: string): void {
    const trimmed = name.trim().slice(0, MAX_NAME_LENGTH);
    if (trimmed === "" || trimmed === this.name) return;
    this.name = trimmed;
    localStorage.setItem(NAME_KEY, trimmed);
    this.send({ type: "rename", name: trimmed });
  }

  get #canStop(): boolean {
    return this.run.facts?.mode === "live" && this.run.can("stop");
  }

  /** Sends nothing while the robot does not respond, and shows an error instead. */
  send(message: ClientMessage): void {
    if (this.run.isResponsive) this.connection.send(message);
    else this.run.notify("error", "No response from the robot: only STOP is sent.");
  }

  /** @param answer where the result is shown: as a notice, or beside the button. */
  command(command: RunCommand, answer: "notice" | "beside" = "notice"): void {
    const id = this.#nextCommand++;
    if (answer === "beside") this.run.expectAnswer(id, command.name);
    this.send({ type: "command", id, command });
  }

  /** Labels the episode. `RunModel` shows the resulting event of the run's log. */
  label(label: Label): void {
    if (this.run.stop.active) this.run.notify("error", "The robot is stopped: the episode was not labelled.");
    else this.send({ type: "label", label });
  }

  /** Emergency stop. Shown as unconfirmed until the robot's computer confirms it. */
  stop(): void {
    if (!this.#canStop) return;
    this.driver.releaseAll();
    this.driver.toggle(false);
    this.connection.stop(this.run.askForStop());
  }

  /** @returns a function that removes the listener. */
  onFrame(listener: FrameListener): () => void {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  onRender(render: () => void): () => void {
    this.#renderers.add(render);
    return () => this.#renderers.delete(render);
  }

  #receive(message: ServerMessage): void {
    const had = this.run.inControl;
    const wasStopped = this.run.stop.active;
    this.run.receive(message);
    if (this.run.stopRequest?.isConfirmed) this.connection.stopIsConfirmed();
    if (this.run.inControl) this.#hadControl = true;
    // Not before control has arrived: a second reload must take it back, too.
    if (this.run.inControl) this.#regainUntilMs = 0;
    if (this.#regains && !this.#hasAsked && this.run.facts?.mode === "live" && this.run.control.holder === null) {
      this.#hasAsked = true;
      this.send({ type: "take_control" });
    }
    // Input that is held while control changes or the robot stops must not act afterwards.
    if (!had && this.run.inControl) this.driver.begin();
    else if (had !== this.run.inControl || wasStopped !== this.run.stop.active) this.driver.releaseAll();
    if (this.run.stop.active && !wasStopped) this.driver.toggle(false);
  }

  get #regains(): boolean {
    return performance.now() < this.#regainUntilMs;
  }

  /** Only on pages that have been in control: others press keys for other reasons. */
  #explainIgnoredKey(): void {
    if (!this.#hadControl || !this.run.can("drive")) return;
    const { holder } = this.run.control;
    const who = holder === null ? "No one is in control" : `${holder.name} is in control`;
    this.run.notify("error", `${who}, so this key has no effect. Take control to steer.`);
  }

  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      for (const render of this.#renderers) render();
    }, RENDER_INTERVAL_MS);
  }
}

function personName(): string {
  return localStorage.getItem(NAME_KEY) ?? `Page ${100 + Math.floor((performance.timeOrigin / 7) % 900)}`;
}

/** Kept by a reload, lost when the tab is closed. */
function rememberControl(): void {
  sessionStorage.setItem(CONTROL_KEY, String(Date.now()));
}

function hadControlJustNow(): boolean {
  const atMs = Number(sessionStorage.getItem(CONTROL_KEY) ?? Number.NaN);
  sessionStorage.removeItem(CONTROL_KEY);
  return Date.now() - atMs < RELOAD_MS;
}

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error("this component needs a PageContext");
  return page;
}

/** Re-renders the component when the run changes. */
export function useRun(): RunModel {
  const page = usePage();
  const [, setCount] = useState(0);
  useEffect(() => page.onRender(() => setCount((count) => count + 1)), [page]);
  return page.run;
}
