/** All that the page knows of the run, changed by what the server says and read by the components. */
import type { EvaluationReport, RunEvent, RunEventOf } from "../../../metrics/run_event.ts";
import type { ControlState, EpisodeTrace, ServerMessage, StopState, Welcome } from "../../protocol.ts";
import { Curves } from "./curves.ts";

/** Everything of the welcome that is not kept in another form. */
export type RunFacts = Omit<Welcome, "type" | "history" | "traces">;

export interface InputLatency {
  /** From the key press to the control step that took it up, and back. */
  readonly totalMs: number;
  /** Of it, waiting for the control step to begin. */
  readonly waitedMs: number;
}

export interface Notice {
  readonly id: number;
  readonly level: "info" | "error";
  readonly text: string;
}

const LOG_TYPES: ReadonlySet<RunEvent["type"]> = new Set([
  "run_started",
  "checkpoint",
  "evaluation",
  "action",
  "notice",
  "run_finished",
]);
const LOG_LENGTH = 200;
const TRACES_KEPT = 60;
const NOTICE_MS = 6000;
const NO_CONTROL: ControlState = { holder: null, requests: [], watchers: 0, lost: null };

export class RunModel {
  connection: "connecting" | "open" | "closed" = "connecting";
  closeReason = "";
  facts: RunFacts | undefined;
  control: ControlState = NO_CONTROL;
  stop: StopState = { active: false, reason: null };
  traces: readonly EpisodeTrace[] = [];
  curves = new Curves();
  /** Latest report of every actor, by name. */
  actors: ReadonlyMap<string, RunEventOf<"actor">> = new Map();
  learner: RunEventOf<"learner"> | undefined;
  evaluations: readonly { readonly step: number; readonly report: EvaluationReport }[] = [];
  finished: RunEventOf<"run_finished"> | undefined;
  log: readonly RunEvent[] = [];
  latency: InputLatency | undefined;
  notices: readonly Notice[] = [];
  interactionStep = 0;
  startedS: number | undefined;
  latestS = 0;
  readonly #onChange: () => void;
  #nextNotice = 1;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get inControl(): boolean {
    return this.facts !== undefined && this.control.holder?.client === this.facts.client;
  }

  get asksForControl(): boolean {
    return this.control.requests.some(({ client }) => client === this.facts?.client);
  }

  get isLive(): boolean {
    return this.facts?.mode === "live" && this.connection === "open";
  }

  can(capability: Welcome["capabilities"][number]): boolean {
    return this.facts?.capabilities.includes(capability) ?? false;
  }

  onConnection(state: "open" | "closed", reason: string): void {
    this.connection = state;
    this.closeReason = reason;
    if (state === "closed") this.control = NO_CONTROL;
    this.#onChange();
  }

  receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#begin(message);
        break;
      case "events":
        for (const event of message.events) this.#add(event);
        break;
      case "trace":
        this.#addTrace(message.trace);
        break;
      case "control":
        this.#changeControl(message.control);
        break;
      case "stop":
        this.stop = message.stop;
        break;
      case "applied":
        this.latency = { totalMs: performance.now() - message.sent_ms, waitedMs: message.waited_ms };
        break;
      case "result":
        this.notify(message.ok ? "info" : "error", message.message);
        break;
      case "refused":
        this.notify("error", message.message);
        break;
      case "settings": {
        const { type: _, ...settings } = message;
        if (this.facts) this.facts = { ...this.facts, ...settings };
        break;
      }
    }
    this.#onChange();
  }

  notify(level: Notice["level"], text: string): void {
    const id = this.#nextNotice++;
    this.notices = [...this.notices.slice(-3), { id, level, text }];
    setTimeout(() => this.dismiss(id), NOTICE_MS);
    this.#onChange();
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.#onChange();
  }

  #begin({ type: _, history, traces, ...facts }: Welcome): void {
    this.facts = facts;
    this.control = facts.control;
    this.stop = facts.stop;
    this.traces = traces;
    this.curves = new Curves();
    this.actors = new Map();
    this.log = [];
    this.evaluations = [];
    this.finished = undefined;
    for (const event of history) this.#add(event);
  }

  #changeControl(control: ControlState): void {
    const had = this.inControl;
    this.control = control;
    if (had && !this.inControl && control.lost === "silent") {
      this.notify("error", "Control was released: this page fell silent. The robot holds.");
    }
  }

  #add(event: RunEvent): void {
    this.interactionStep = Math.max(this.interactionStep, event.interaction_step);
    this.startedS ??= event.time_s;
    this.latestS = Math.max(this.latestS, event.time_s);
    this.curves.add(event);
    if (LOG_TYPES.has(event.type)) this.log = [...this.log, event].slice(-LOG_LENGTH);
    if (event.type === "actor") this.actors = new Map(this.actors).set(event.actor, event);
    if (event.type === "learner") this.learner = event;
    if (event.type === "run_finished") this.finished = event;
    if (event.type === "run_started") this.finished = undefined;
    if (event.type === "evaluation") {
      this.evaluations = [...this.evaluations, { step: event.interaction_step, report: event.report }].slice(
        -LOG_LENGTH,
      );
    }
  }

  #addTrace(trace: EpisodeTrace): void {
    const index = this.traces.findIndex(({ episode }) => episode === trace.episode);
    this.traces = index < 0 ? [...this.traces, trace].slice(-TRACES_KEPT) : this.traces.with(index, trace);
  }
}
