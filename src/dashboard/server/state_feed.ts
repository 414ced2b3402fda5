/** Sends the run's state to the pages: completely in the welcome message, then whatever changes. */
import type { RunEvent, RunEventOf } from "../../metrics/index.ts";
import { SCRIPTED_OPERATOR_ID } from "../../teleoperators/scripted/scripted_operator.ts";
import { guarded } from "../../utils/guarded.ts";
import { HEARTBEAT_INTERVAL_MS, PROTOCOL_VERSION } from "../limits.ts";
import type { ControlState, ServerMessage, StopState, View, Welcome } from "../protocol.ts";
import type { DriverState } from "../run_state.ts";
import { serialize } from "./connection/client_connection.ts";
import type { PageConnections } from "./connection/page_connections.ts";
import type { EpisodeRecordings } from "./episodes/episode_recordings.ts";
import { EventHistory } from "./event_history.ts";
import { LiveStream } from "./live_stream.ts";
import { type DashboardRun, hasRobot, type PaceControl } from "./runs/run.ts";
import { capabilitiesOf } from "./runs/run_commands.ts";
import { finishedEvaluation, RunStatus } from "./runs/run_status.ts";

const EVENTS_INTERVAL_MS = 100;

export interface StateFeedOptions {
  readonly run: DashboardRun;
  readonly scene: Welcome["scene"];
  readonly recordings: EpisodeRecordings | undefined;
  readonly pages: PageConnections;
  readonly control: () => ControlState;
  readonly stop: () => StopState;
  readonly onError: (error: unknown) => void;
}

export class StateFeed {
  readonly stream: LiveStream;
  readonly #options: StateFeedOptions;
  readonly #history = new EventHistory();
  readonly #status: RunStatus;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #unsubscribe: (() => void) | undefined;
  /** The last message of each type that is sent only on change. */
  readonly #lastSent = new Map<ServerMessage["type"], string>();
  #fresh: RunEvent[] = [];

  constructor(options: StateFeedOptions) {
    const { run, recordings, pages, onError } = options;
    this.#options = options;
    this.#status = run.status ?? new RunStatus();
    this.stream = new LiveStream({
      ...(run.scene && { scene: run.scene }),
      ...(recordings && { recordings }),
      ...(run.controlFrequencyHz !== undefined && { controlFrequencyHz: run.controlFrequencyHz }),
      isWatched: () => pages.size > 0,
      sendFrame: (frame) => pages.broadcastFrame(frame),
      onTrace: (trace) => pages.broadcast({ type: "trace", trace }),
      onRecorded: () => this.sendSettings(),
      onCamera: () => this.sendSettings(),
    });
    for (const event of run.history) {
      this.#remember(event);
      if (event.type === "episode") this.stream.finishEpisode(event);
    }
    this.#unsubscribe = run.events?.subscribe((event) => this.#onEvent(event));
    run.watched?.observer.attach(this.stream);
    const sendEvents = guarded(() => this.#sendEvents(), onError);
    const sendHeartbeat = guarded(() => this.#sendHeartbeat(), onError);
    this.#timers = [
      setInterval(sendEvents, EVENTS_INTERVAL_MS).unref(),
      setInterval(sendHeartbeat, HEARTBEAT_INTERVAL_MS).unref(),
    ];
  }

  /** The highest environment step reported so far. */
  get interactionStep(): number {
    return Math.max(this.#history.interactionStep, this.stream.interactionStep);
  }

  /** Whether the run moves a real robot. An unknown environment counts as one. */
  get movesRobot(): boolean {
    return this.#status.plan?.environment !== "simulation";
  }

  /** Whether the run no longer accepts input and commands. */
  get isOver(): boolean {
    return this.#options.run.mode === "review" || this.#status.finished !== null;
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#unsubscribe?.();
    // Flush the last events and the result.
    this.#sendEvents();
    this.#sendHeartbeat();
    this.#options.run.watched?.observer.attach(undefined);
  }

  welcome(client: string): Welcome {
    const { run, scene, control, stop } = this.#options;
    const { plan, progress, evaluations, finished } = this.#status;
    // Afterwards every change is sent to all pages again.
    this.#lastSent.clear();
    return {
      type: "welcome",
      protocol: PROTOCOL_VERSION,
      client,
      mode: run.mode,
      run_name: run.name,
      views: viewsOf(run, this.#status),
      plan,
      progress,
      evaluations: [...evaluations],
      finished,
      driver: run.mode === "live" ? this.#driver() : null,
      recording_session: run.recordingSession?.() ?? null,
      capabilities: capabilitiesOf(run),
      control_frequency_hz: run.controlFrequencyHz ?? null,
      has_gripper: run.teleoperator?.hasGripper ?? false,
      scene,
      config: run.config,
      config_defaults: run.configDefaults ?? null,
      history: this.#history.events,
      traces: [...this.stream.traces.all],
      control: control(),
      stop: stop(),
      ...this.#settings(),
    };
  }

  sendSettings(): void {
    this.#options.pages.broadcast({ type: "settings", ...this.#settings() });
  }

  #settings() {
    const { run, recordings } = this.#options;
    const { operator, pace } = run.actions;
    return {
      cameras: [...this.stream.cameras],
      recording: recordings?.recording ?? false,
      intervention_rate: operator?.interventionRate ?? null,
      recordings: [...((run.episodes ?? recordings)?.episodes ?? [])],
      pacing: pace ? pacingOf(pace) : null,
    };
  }

  #onEvent(event: RunEvent): void {
    const { pages } = this.#options;
    this.#remember(event);
    if (event.type === "episode") this.#onEpisode(event);
    if (event.type === "evaluation") pages.broadcast({ type: "evaluated", evaluation: finishedEvaluation(event) });
    if (pages.size > 0) this.#fresh.push(event);
  }

  #remember(event: RunEvent): void {
    this.#history.add(event);
    // A status that the run provides already receives the events.
    if (this.#options.run.status === undefined) this.#status.apply(event);
  }

  /** Adds episodes of other actors or of a log; those of the watched actor arrive through its observer. */
  #onEpisode(event: RunEventOf<"episode">): void {
    const { watched, mode } = this.#options.run;
    if (mode === "live" && watched?.actor === event.actor && !event.correction) return;
    this.stream.finishEpisode(event);
    const { recordings } = this.#options;
    if (mode === "review") void recordings?.refresh().then(() => this.sendSettings());
  }

  #sendEvents(): void {
    const { run, pages } = this.#options;
    if (run.mode === "live") this.#sendIfChanged({ type: "driver", driver: this.#driver() });
    const session = run.recordingSession?.();
    if (session) this.#sendIfChanged({ type: "recording_session", session });
    if (this.#fresh.length === 0) return;
    pages.broadcast({ type: "events", events: this.#fresh });
    this.#fresh = [];
  }

  /** Sends a heartbeat, and progress or the result if changed. */
  #sendHeartbeat(): void {
    const { pages } = this.#options;
    if (pages.size === 0) return;
    const { progress, finished, activeSeconds } = this.#status;
    pages.broadcast({
      type: "heartbeat",
      interaction_step: this.interactionStep,
      active_seconds: activeSeconds,
    });
    if (progress) this.#sendIfChanged({ type: "progress", progress });
    if (finished) this.#sendIfChanged({ type: "finished", finished });
  }

  #sendIfChanged(message: ServerMessage): void {
    const text = serialize(message);
    if (this.#lastSent.get(message.type) === text) return;
    this.#lastSent.set(message.type, text);
    this.#options.pages.broadcastText(text);
  }

  #driver(): DriverState {
    const { run, control } = this.#options;
    const by = this.stream.steeredBy;
    if (typeof by !== "string") return { kind: run.recordingSession ? "nobody" : "policy", name: null };
    if (by === SCRIPTED_OPERATOR_ID) return { kind: "operator", name: "scripted operator" };
    return { kind: "person", name: by === run.teleoperator?.id ? (control().holder?.name ?? null) : by };
  }
}

function pacingOf({ frequencyHz, speed }: PaceControl): NonNullable<Welcome["pacing"]> {
  return { mode: frequencyHz === undefined ? "as_fast_as_possible" : "real_time", speed };
}

/** The views that have content for this run. */
function viewsOf(run: DashboardRun, { unit }: Pick<RunStatus, "unit">): View[] {
  // A dataset.
  if (run.episodes !== undefined) return ["episodes", "run"];
  // A run that counts updates has no actors, and so no episodes.
  if (run.mode === "review") return unit === "updates" ? ["learning", "run"] : ["learning", "episodes", "run"];
  // A learner without an actor in this process.
  if (!hasRobot(run)) return ["learning", "run"];
  return run.recordingSession ? ["live", "run"] : ["live", "learning", "episodes", "run"];
}
