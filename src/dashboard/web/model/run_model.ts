/** The page's model of the run: updated by server messages, read by the components. */
import type { EvaluationReport, RunEvent, RunEventOf } from "../../../metrics/run_event.ts";
import type { ControlState, EpisodeTrace, RunCommand, ServerMessage, StopState, Welcome } from "../../protocol.ts";
import { Curves } from "./curves.ts";
import { Pace } from "./pace.ts";

/** The welcome message without the parts that are stored in another form. */
export type RunFacts = Omit<Welcome, "type" | "history" | "traces">;

export interface InputLatency {
  /** From the key press to the control step that applied it, and back. */
  readonly totalMs: number;
  /** The part of it spent waiting for the control step. */
  readonly waitedMs: number;
}

export interface StopRequest {
  readonly sequence: number;
  /** The hold was commanded. Until then the robot's state is unknown. */
  readonly isConfirmed: boolean;
}

/** Episodes of one actor. */
export interface ActorEpisodes {
  /** Episodes of its process so far. */
  readonly count: number;
  /** Outcome of the latest episode, with corrected labels applied. */
  readonly latest: RunEventOf<"episode">["outcome"];
}

export interface Notice {
  readonly id: number;
  readonly level: "info" | "error";
  readonly text: string;
}

export interface Answer {
  readonly state: "pending" | "done" | "failed";
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
/** More names come from a faulty program. */
const MAX_ACTORS = 64;
const NOTICE_MS = 6000;
const NO_CONTROL: ControlState = { holder: null, requests: [], watchers: 0, lost: null };

export class RunModel {
  connection: "connecting" | "open" | "closed" = "connecting";
  closeReason = "";
  /** How long the heartbeat has been missing, milliseconds; 0 if it is not. */
  silentMs = 0;
  /** The latest emergency stop of this page. */
  stopRequest: StopRequest | undefined;
  facts: RunFacts | undefined;
  control: ControlState = NO_CONTROL;
  stop: StopState = { active: false, reason: null, by: null };
  traces: readonly EpisodeTrace[] = [];
  curves = new Curves();
  /** Latest report of every actor, by name. */
  actors: ReadonlyMap<string, RunEventOf<"actor">> = new Map();
  /** By actor name. */
  actorEpisodes: ReadonlyMap<string, ActorEpisodes> = new Map();
  learner: RunEventOf<"learner"> | undefined;
  evaluations: readonly { readonly step: number; readonly report: EvaluationReport }[] = [];
  finished: RunEventOf<"run_finished"> | undefined;
  log: readonly RunEvent[] = [];
  latency: InputLatency | undefined;
  notices: readonly Notice[] = [];
  /** Results of commands that are shown beside their button, by command. */
  answers: ReadonlyMap<RunCommand["name"], Answer> = new Map();
  readonly #awaited = new Map<number, RunCommand["name"]>();
  interactionStep = 0;
  /** The episode before each evaluation, for marks on the timeline. */
  evaluationsAfter: readonly { readonly episode: number; readonly step: number; readonly share: number }[] = [];
  /** Active seconds of the run; undefined before the first heartbeat. */
  activeS: number | undefined;
  readonly pace = new Pace();
  readonly #onChange: () => void;
  #nextNotice = 1;
  #latestEpisode = 0;

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

  /** Active seconds of the run, without the time between its sessions; undefined before the first heartbeat. */
  get elapsedS(): number | undefined {
    return this.facts?.finished?.active_seconds ?? this.activeS;
  }

  /** Whether the connection is open and the heartbeat arrives. */
  get isResponsive(): boolean {
    return this.connection === "open" && this.silentMs === 0;
  }

  get canAct(): boolean {
    return (this.inControl || !this.hasRobot) && this.isResponsive;
  }

  /** Whether there is something to control. Without a robot every page may act. */
  get hasRobot(): boolean {
    return this.facts?.views.includes("live") ?? false;
  }

  /** Whether the run trains on a dataset, without actors. */
  get isOffline(): boolean {
    return this.curves.unit === "updates";
  }

  /** Environment steps so far, or updates in a run without actors. */
  get progress(): number {
    return this.isOffline ? this.curves.progress : this.interactionStep;
  }

  /** Whether a stop of this page awaits confirmation. */
  get isStopUnconfirmed(): boolean {
    return this.stopRequest?.isConfirmed === false;
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

  onSilence(forMs: number): void {
    this.silentMs = forMs;
    this.#onChange();
  }

  /** @returns the sequence number of the stop. */
  askForStop(): number {
    const sequence = (this.stopRequest?.sequence ?? 0) + 1;
    this.stopRequest = { sequence, isConfirmed: false };
    this.#onChange();
    return sequence;
  }

  receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#reset(message);
        break;
      case "events":
        for (const event of message.events) {
          this.#add(event);
          const label = event.type === "action" ? describeLabel(event) : undefined;
          if (label !== undefined) this.notify("info", label);
        }
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
      case "stop_confirmed":
        if (message.sequence === this.stopRequest?.sequence) {
          this.stopRequest = { sequence: message.sequence, isConfirmed: true };
        }
        break;
      case "applied":
        this.latency = { totalMs: performance.now() - message.sent_ms, waitedMs: message.waited_ms };
        break;
      case "result":
        this.#answer(message);
        break;
      case "refused":
        this.notify("error", message.message);
        break;
      case "heartbeat":
        this.activeS = message.active_seconds;
        this.pace.add(message.active_seconds, this.isOffline ? this.progress : message.interaction_step);
        break;
      case "progress":
        this.#updateFacts({ progress: message.progress });
        break;
      case "evaluated":
        this.#updateFacts({ evaluations: [...(this.facts?.evaluations ?? []), message.evaluation] });
        break;
      case "finished":
        this.#updateFacts({ finished: message.finished });
        break;
      case "driver":
        this.#updateFacts({ driver: message.driver });
        break;
      case "recording_session":
        this.#updateFacts({ recording_session: message.session });
        break;
      case "settings": {
        const { type: _, ...settings } = message;
        this.#updateFacts(settings);
        break;
      }
    }
    this.#onChange();
  }

  /** Shows a notice, unless the same text is already shown. */
  notify(level: Notice["level"], text: string): void {
    if (this.notices.some((notice) => notice.text === text)) return;
    const id = this.#nextNotice++;
    this.notices = [...this.notices.slice(-3), { id, level, text }];
    setTimeout(() => this.dismiss(id), NOTICE_MS);
    this.#onChange();
  }

  /** Shows the result of this command beside its button, not as a notice. */
  expectAnswer(id: number, name: RunCommand["name"]): void {
    this.#awaited.set(id, name);
    this.answers = new Map(this.answers).set(name, { state: "pending", text: "" });
    this.#onChange();
  }

  #answer({ id, ok, message }: { readonly id: number; readonly ok: boolean; readonly message: string }): void {
    const name = this.#awaited.get(id);
    if (name === undefined) {
      this.notify(ok ? "info" : "error", message);
      return;
    }
    this.#awaited.delete(id);
    this.answers = new Map(this.answers).set(name, { state: ok ? "done" : "failed", text: message });
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.#onChange();
  }

  #updateFacts(facts: Partial<RunFacts>): void {
    if (this.facts) this.facts = { ...this.facts, ...facts };
  }

  #reset({ type: _, history, traces, ...facts }: Welcome): void {
    // Keep the object if the scene is unchanged after a reconnection, so that the 3-D view is not rebuilt.
    const known = this.facts?.scene;
    const isSame = known !== undefined && JSON.stringify(known) === JSON.stringify(facts.scene);
    this.facts = isSame ? { ...facts, scene: known } : facts;
    this.control = facts.control;
    this.stop = facts.stop;
    this.traces = traces;
    this.curves = new Curves();
    this.actors = new Map();
    this.actorEpisodes = new Map();
    this.log = [];
    this.evaluations = [];
    this.evaluationsAfter = [];
    this.finished = undefined;
    for (const event of history) this.#add(event);
  }

  #changeControl(control: ControlState): void {
    const had = this.inControl;
    this.control = control;
    if (had && !this.inControl && control.lost === "silent") {
      this.notify("error", "Control was lost: this page did not respond. The robot holds.");
    }
  }

  #add(event: RunEvent): void {
    this.interactionStep = Math.max(this.interactionStep, event.interaction_step);
    this.curves.add(event);
    if (LOG_TYPES.has(event.type)) this.log = [...this.log, event].slice(-LOG_LENGTH);
    if (event.type === "actor") this.actors = withLatest(this.actors, event);
    if (event.type === "learner") this.learner = event;
    if (event.type === "run_finished") this.finished = event;
    if (event.type === "run_started") this.finished = undefined;
    if (event.type === "evaluation") {
      const step = this.isOffline ? this.progress : event.interaction_step;
      this.evaluations = [...this.evaluations, { step, report: event.report }].slice(-LOG_LENGTH);
      const mark = { episode: this.#latestEpisode, step, share: event.report.success_rate };
      this.evaluationsAfter = [...this.evaluationsAfter, mark].slice(-LOG_LENGTH);
    }
    if (event.type === "episode") this.#addEpisode(event);
  }

  #addEpisode({ actor, episode, outcome, correction }: RunEventOf<"episode">): void {
    this.#latestEpisode = episode;
    const known = this.actorEpisodes.get(actor);
    if (correction && known?.count !== episode) return;
    if (known === undefined && this.actorEpisodes.size >= MAX_ACTORS) return;
    this.actorEpisodes = new Map(this.actorEpisodes).set(actor, { count: episode, latest: outcome });
  }

  #addTrace(trace: EpisodeTrace): void {
    const index = this.traces.findIndex(({ episode }) => episode === trace.episode);
    this.traces = index < 0 ? [...this.traces, trace].slice(-TRACES_KEPT) : this.traces.with(index, trace);
  }
}

const LABEL_TEXTS: Readonly<Record<string, string>> = {
  label_success: "was labelled a success",
  label_failure: "was labelled a failure",
  label_rerecord: "was discarded for re-recording",
  label_terminate: "was ended without a label",
};

/** @returns undefined for actions that are not labels. */
function describeLabel({ name, detail }: RunEventOf<"action">): string | undefined {
  const what = LABEL_TEXTS[name];
  if (what === undefined) return undefined;
  const episode = typeof detail.episode === "number" ? `Episode ${detail.episode}` : "The episode";
  return `${episode} ${what}${typeof detail.page === "string" ? ` by ${detail.page}` : ""}.`;
}

/** Drops the actor with the oldest report if there are too many. */
function withLatest(actors: RunModel["actors"], event: RunEventOf<"actor">): RunModel["actors"] {
  const all = new Map(actors).set(event.actor, event);
  if (all.size > MAX_ACTORS) all.delete([...all.values()].reduce((a, b) => (b.time_s < a.time_s ? b : a)).actor);
  return all;
}
