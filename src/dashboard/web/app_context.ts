/** The page's parts, put together once and handed to the components. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { ImageFrame, PoseFrame } from "../frames.ts";
import { MAX_NAME_LENGTH } from "../limits.ts";
import type { ClientMessage, Label, RunCommand, ServerMessage } from "../protocol.ts";
import { Connection } from "./connection.ts";
import { Driver } from "./drive/driver.ts";
import { RunModel } from "./model/run_model.ts";

type FrameListener = (frame: PoseFrame | ImageFrame) => void;

/** Components are drawn at most this often; poses and images go their own way. */
const RENDER_INTERVAL_MS = 60;
const NAME_KEY = "handrail.name";
const CONTROL_KEY = "handrail.had_control";
/** Longer than a page takes to load again. */
const RELOAD_MS = 20_000;
/** Longer than the server needs to miss the page's old socket. Control that others hold by then is theirs. */
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
  /** Until when this page, which was loaded again, takes its control back; 0 once it has, or had none. */
  #regainUntilMs = hadControlJustNow() ? performance.now() + REGAIN_MS : 0;
  #hasAsked = false;
  /** Of the person at this page, as others read it. */
  name = personName();
  /** The newest poses, for a view that opens between two steps. */
  latestPoses: PoseFrame | undefined;

  constructor() {
    // Also where the page is loaded once more before it has its control back.
    addEventListener("pagehide", () => (this.run.inControl || this.#regains) && rememberControl());
    this.connection = new Connection(() => this.name, {
      onMessage: (message) => this.#receive(message),
      onFrame: (frame) => {
        if (frame.type === "poses") this.latestPoses = frame;
        for (const listener of this.#frameListeners) listener(frame);
      },
      onState: (state, reason) => {
        this.run.onConnection(state, reason);
        this.driver.letGo();
      },
      onSilence: (forMs) => {
        this.run.onSilence(forMs);
        if (forMs > 0) this.driver.liftFingers();
      },
    });
    this.driver = new Driver(this.connection, {
      onChange: () => this.#changed(),
      onPress: (action) => (action === "undo" ? this.command({ name: "undo_label" }) : this.label(action)),
      onStop: () => this.stop(),
      onUnheard: () => this.#explainUnheardKey(),
      onPadLost: () => this.run.notify("error", "The gamepad is gone: hands off."),
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

  /** What cannot be seen is not commanded: without word from the robot nothing is sent, and the page says so. */
  send(message: ClientMessage): void {
    if (this.run.isHeard) this.connection.send(message);
    else this.run.notify("error", "No word from the robot: this was not sent. Only STOP is.");
  }

  /** @param answer where what comes of it is shown: as a notice, or beside the button. */
  command(command: RunCommand, answer: "notice" | "beside" = "notice"): void {
    const id = this.#nextCommand++;
    if (answer === "beside") this.run.expectAnswer(id, command.name);
    this.send({ type: "command", id, command });
  }

  /** The person's verdict on the episode. The run's log answers; see `RunModel`. */
  label(label: Label): void {
    if (this.run.stop.active) this.run.notify("error", "The robot is stopped: nothing was marked.");
    else this.send({ type: "label", label });
  }

  /** Emergency stop. It counts as sent until the robot's computer confirms it. */
  stop(): void {
    if (!this.#canStop) return;
    this.driver.letGo();
    this.driver.toggle(false);
    this.connection.stop(this.run.askForStop());
  }

  /** @returns ends it. */
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
    // Only control that came ends this: a page that is loaded once more before it did still had it.
    if (this.run.inControl) this.#regainUntilMs = 0;
    if (this.#regains && !this.#hasAsked && this.run.facts?.mode === "live" && this.run.control.holder === null) {
      this.#hasAsked = true;
      this.send({ type: "take_control" });
    }
    // What is held while control changes hands, or the robot is stopped, was meant for before.
    if (!had && this.run.inControl) this.driver.begin();
    else if (had !== this.run.inControl || wasStopped !== this.run.stop.active) this.driver.letGo();
    if (this.run.stop.active && !wasStopped) this.driver.toggle(false);
  }

  get #regains(): boolean {
    return performance.now() < this.#regainUntilMs;
  }

  /** Who never drove presses keys for other reasons. */
  #explainUnheardKey(): void {
    if (!this.#hadControl || !this.run.can("drive")) return;
    const { holder } = this.run.control;
    const who = holder === null ? "Nobody holds control" : `${holder.name} holds control`;
    this.run.notify("error", `${who}, so this key does nothing. Take control to steer.`);
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

/** A page that is loaded again takes back the control it had; one that is closed takes this with it. */
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
  if (page === undefined) throw new Error("a component stands outside the page");
  return page;
}

/** Draws the component again when the run has changed. */
export function useRun(): RunModel {
  const page = usePage();
  const [, setCount] = useState(0);
  useEffect(() => page.onRender(() => setCount((count) => count + 1)), [page]);
  return page.run;
}
