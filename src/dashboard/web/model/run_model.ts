/** All that the page knows of the run, changed by what the server says and read by the components. */
import type { EvaluationReport, RunEvent, RunEventOf } from "../../../metrics/run_event.ts";
import type { ControlState, EpisodeTrace, RunCommand, ServerMessage, StopState, Welcome } from "../../protocol.ts";
import { Curves } from "./curves.ts";
import { Pace } from "./pace.ts";

/** Everything of the welcome that is not kept in another form. */
export type RunFacts = Omit<Welcome, "type" | "history" | "traces">;

export interface InputLatency {
  /** From the key press to the control step that took it up, and back. */
  readonly totalMs: number;
  /** Of it, waiting for the control step to begin. */
  readonly waitedMs: number;
}

export interface StopRequest {
  readonly sequence: number;
  /** The robot was told to hold. Before that nobody knows. */
  readonly isConfirmed: boolean;
}

/** Of one actor. */
export interface ActorEpisodes {
  /** Of its process so far. */
  readonly count: number;
  /** How the latest ended, as labelled now. */
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
/** More names than anybody has robots come from a program gone astray. */
const MAX_ACTORS = 64;
const NOTICE_MS = 6000;
const NO_CONTROL: ControlState = { holder: null, requests: [], watchers: 0, lost: null };

export class RunModel {
  connection: "connecting" | "open" | "closed" = "connecting";
  closeReason = "";
  /** Since when the robot's computer has given no sign of life, milliseconds; 0 while it does. */
  silentMs = 0;
  /** The emergency stop that was asked for on this page last. */
  stopRequest: StopRequest | undefined;
  facts: RunFacts | undefined;
  control: ControlState = NO_CONTROL;
  stop: StopState = { active: false, reason: null, by: null };
  traces: readonly EpisodeTrace[] = [];
  curves = new Curves();
  /** Latest report of every actor, by name. */
  actors: ReadonlyMap<string, RunEventOf<"actor">> = new Map();
  /** By the actor's name. */
  actorEpisodes: ReadonlyMap<string, ActorEpisodes> = new Map();
  learner: RunEventOf<"learner"> | undefined;
  evaluations: readonly { readonly step: number; readonly report: EvaluationReport }[] = [];
  finished: RunEventOf<"run_finished"> | undefined;
  log: readonly RunEvent[] = [];
  latency: InputLatency | undefined;
  notices: readonly Notice[] = [];
  /** What came of commands that are answered beside their button, by command. */
  answers: ReadonlyMap<RunCommand["name"], Answer> = new Map();
  readonly #awaited = new Map<number, RunCommand["name"]>();
  interactionStep = 0;
  /** Episodes that had ended when each of the evaluations was made, for marks between them. */
  evaluationsAfter: readonly { readonly episode: number; readonly step: number; readonly share: number }[] = [];
  /** Seconds in which the run went on; undefined where the server does not say. */
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

  /** Seconds in which the run went on, without the time between its sessions; undefined until the server has said so. */
  get elapsedS(): number | undefined {
    return this.facts?.finished?.active_seconds ?? this.activeS;
  }

  /** What is done here reaches the robot, as far as anybody knows. */
  get isHeard(): boolean {
    return this.connection === "open" && this.silentMs === 0;
  }

  get canAct(): boolean {
    return this.inControl && this.isHeard;
  }

  /** A stop of this page is on its way, and may be for long. */
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

  /** @returns the number by which the stop is confirmed. */
  askForStop(): number {
    const sequence = (this.stopRequest?.sequence ?? 0) + 1;
    this.stopRequest = { sequence, isConfirmed: false };
    this.#onChange();
    return sequence;
  }

  receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#begin(message);
        break;
      case "events":
        for (const event of message.events) {
          this.#add(event);
          const verdict = event.type === "action" ? describeVerdict(event) : undefined;
          if (verdict !== undefined) this.notify("info", verdict);
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
        this.pace.add(message.active_seconds, message.interaction_step);
        break;
      case "progress":
        this.#learn({ progress: message.progress });
        break;
      case "evaluated":
        this.#learn({ evaluations: [...(this.facts?.evaluations ?? []), message.evaluation] });
        break;
      case "finished":
        this.#learn({ finished: message.finished });
        break;
      case "driver":
        this.#learn({ driver: message.driver });
        break;
      case "recording_session":
        this.#learn({ recording_session: message.session });
        break;
      case "settings": {
        const { type: _, ...settings } = message;
        this.#learn(settings);
        break;
      }
    }
    this.#onChange();
  }

  /** Says it once, however often the reason comes again while it is read. */
  notify(level: Notice["level"], text: string): void {
    if (this.notices.some((notice) => notice.text === text)) return;
    const id = this.#nextNotice++;
    this.notices = [...this.notices.slice(-3), { id, level, text }];
    setTimeout(() => this.dismiss(id), NOTICE_MS);
    this.#onChange();
  }

  /** The answer to this command goes beside its button, not into a notice. */
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

  #learn(facts: Partial<RunFacts>): void {
    if (this.facts) this.facts = { ...this.facts, ...facts };
  }

  #begin({ type: _, history, traces, ...facts }: Welcome): void {
    // The view is built for its scene: the same one again, after a reconnection, goes on being drawn.
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
      this.notify("error", "Control was released: this page fell silent. The robot holds.");
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
      this.evaluations = [...this.evaluations, { step: event.interaction_step, report: event.report }].slice(
        -LOG_LENGTH,
      );
      const mark = { episode: this.#latestEpisode, step: event.interaction_step, share: event.report.success_rate };
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

const VERDICTS: Readonly<Record<string, string>> = {
  label_success: "marked as a success",
  label_failure: "marked as a failure",
  label_rerecord: "discarded, to be recorded again",
  label_terminate: "ended without a verdict",
};

/** A verdict as everybody reads it; undefined for other actions. */
function describeVerdict({ name, detail }: RunEventOf<"action">): string | undefined {
  const what = VERDICTS[name];
  if (what === undefined) return undefined;
  const episode = typeof detail.episode === "number" ? `Episode ${detail.episode}` : "The episode";
  return `${episode} ${what}${typeof detail.page === "string" ? ` by ${detail.page}` : ""}.`;
}

/** Of very many names the longest silent is left out. */
function withLatest(actors: RunModel["actors"], event: RunEventOf<"actor">): RunModel["actors"] {
  const all = new Map(actors).set(event.actor, event);
  if (all.size > MAX_ACTORS) all.delete([...all.values()].reduce((a, b) => (b.time_s < a.time_s ? b : a)).actor);
  return all;
}
