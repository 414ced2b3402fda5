/** The page's parts, put together once and handed to the components. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { ImageFrame, PoseFrame } from "../frames.ts";
import type { ClientMessage, RunCommand } from "../protocol.ts";
import { Connection } from "./connection.ts";
import { Driver } from "./drive/driver.ts";
import { RunModel } from "./model/run_model.ts";

type FrameListener = (frame: PoseFrame | ImageFrame) => void;

/** Components are drawn at most this often; poses and images go their own way. */
const RENDER_INTERVAL_MS = 60;
const NAME_KEY = "handrail.name";

export class Page {
  readonly run = new RunModel(() => this.#changed());
  readonly connection: Connection;
  readonly driver: Driver;
  readonly #renderers = new Set<() => void>();
  readonly #frameListeners = new Set<FrameListener>();
  #scheduled = false;
  #nextCommand = 1;
  /** The newest poses, for a view that opens between two steps. */
  latestPoses: PoseFrame | undefined;

  constructor() {
    this.connection = new Connection(personName(), {
      onMessage: (message) => this.run.receive(message),
      onFrame: (frame) => {
        if (frame.type === "poses") this.latestPoses = frame;
        for (const listener of this.#frameListeners) listener(frame);
      },
      onState: (state, reason) => this.run.onConnection(state, reason),
    });
    this.driver = new Driver(this.connection, {
      onChange: () => this.#changed(),
      onPress: (action) =>
        action === "undo" ? this.command({ name: "undo_label" }) : this.send({ type: "label", label: action }),
      onStop: () => this.stop(),
      isInControl: () => this.run.inControl,
    });
  }

  send(message: ClientMessage): void {
    this.connection.send(message);
  }

  command(command: RunCommand): void {
    this.send({ type: "command", id: this.#nextCommand++, command });
  }

  /** Emergency stop. */
  stop(): void {
    if (this.run.facts?.mode !== "live") return;
    this.driver.letGo();
    this.driver.toggle(false);
    this.send({ type: "stop" });
    if (this.run.connection !== "open") {
      this.run.notify("error", "Not connected: this page cannot stop the robot now. Use the robot's own stop.");
    }
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
