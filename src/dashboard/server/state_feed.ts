/** What pages are told of the run without asking: once when they come, and from then on what changes. */
import type { RunEvent, RunEventOf } from "../../metrics/index.ts";
import { SCRIPTED_OPERATOR_ID } from "../../teleoperators/scripted/scripted_operator.ts";
import { guarded } from "../../utils/guarded.ts";
import { HEARTBEAT_INTERVAL_MS, PROTOCOL_VERSION } from "../limits.ts";
import type { ControlState, ServerMessage, StopState, View, Welcome } from "../protocol.ts";
import type { WhoSteers } from "../run_state.ts";
import type { Audience } from "./connection/audience.ts";
import { serialize } from "./connection/client_connection.ts";
import type { EpisodeRecordings } from "./episodes/episode_recordings.ts";
import { EventHistory } from "./event_history.ts";
import { LiveStream } from "./live_stream.ts";
import type { DashboardRun, PaceControl } from "./runs/run.ts";
import { capabilitiesOf } from "./runs/run_commands.ts";
import { finishedEvaluation, RunStatus } from "./runs/run_status.ts";

const EVENTS_INTERVAL_MS = 100;

export interface StateFeedOptions {
  readonly run: DashboardRun;
  readonly scene: Welcome["scene"];
  readonly recordings: EpisodeRecordings | undefined;
  readonly audience: Audience;
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
  /** What pages were told last of what they are told only when it has changed, by type of message. */
  readonly #told = new Map<ServerMessage["type"], string>();
  #fresh: RunEvent[] = [];

  constructor(options: StateFeedOptions) {
    const { run, recordings, audience, onError } = options;
    this.#options = options;
    this.#status = run.status ?? new RunStatus();
    this.stream = new LiveStream({
      ...(run.scene && { scene: run.scene }),
      ...(recordings && { recordings }),
      ...(run.controlFrequencyHz !== undefined && { controlFrequencyHz: run.controlFrequencyHz }),
      isWatched: () => audience.size > 0,
      sendFrame: (frame) => audience.broadcastFrame(frame),
      onTrace: (trace) => audience.broadcast({ type: "trace", trace }),
      onRecorded: () => this.tellSettings(),
      onCamera: () => this.tellSettings(),
    });
    for (const event of run.history) {
      this.#remember(event);
      if (event.type === "episode") this.stream.finishEpisode(event);
    }
    this.#unsubscribe = run.events?.subscribe((event) => this.#note(event));
    run.watched?.observer.attach(this.stream);
    const sendEvents = guarded(() => this.#sendEvents(), onError);
    const beat = guarded(() => this.#beat(), onError);
    this.#timers = [
      setInterval(sendEvents, EVENTS_INTERVAL_MS).unref(),
      setInterval(beat, HEARTBEAT_INTERVAL_MS).unref(),
    ];
  }

  /** Environment steps so far, as far as anybody has said. */
  get interactionStep(): number {
    return Math.max(this.#history.interactionStep, this.stream.interactionStep);
  }

  /** Whether somebody could be hurt. What is not known to be a simulation is taken for a robot. */
  get movesRobot(): boolean {
    return this.#status.plan?.environment !== "simulation";
  }

  /** Nothing can be driven or asked of it any more. */
  get isOver(): boolean {
    return this.#options.run.mode === "review" || this.#status.finished !== null;
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#unsubscribe?.();
    // Whoever is there still hears the last word.
    this.#sendEvents();
    this.#beat();
    this.#options.run.watched?.observer.attach(undefined);
  }

  welcome(client: string): Welcome {
    const { run, scene, control, stop } = this.#options;
    const { plan, progress, evaluations, finished } = this.#status;
    // What changes from now on is told to everybody.
    this.#told.clear();
    return {
      ...{ type: "welcome", protocol: PROTOCOL_VERSION, client, mode: run.mode, run_name: run.name },
      ...{ views: viewsOf(run), plan, progress, evaluations: [...evaluations], finished },
      driver: run.mode === "live" ? this.#whoSteers() : null,
      recording_session: run.recordingSession?.() ?? null,
      capabilities: capabilitiesOf(run),
      control_frequency_hz: run.controlFrequencyHz ?? null,
      has_gripper: run.teleoperator?.hasGripper ?? false,
      ...{
        scene,
        config: run.config,
        config_defaults: run.configDefaults ?? null,
        history: this.#history.events,
        traces: [...this.stream.traces.all],
      },
      ...{ control: control(), stop: stop() },
      ...this.#settings(),
    };
  }

  tellSettings(): void {
    this.#options.audience.broadcast({ type: "settings", ...this.#settings() });
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

  #note(event: RunEvent): void {
    const { audience } = this.#options;
    this.#remember(event);
    if (event.type === "episode") this.#noteEpisode(event);
    if (event.type === "evaluation") audience.broadcast({ type: "evaluated", evaluation: finishedEvaluation(event) });
    if (audience.size > 0) this.#fresh.push(event);
  }

  #remember(event: RunEvent): void {
    this.#history.add(event);
    // A status that the run brings along follows the events by itself.
    if (this.#options.run.status === undefined) this.#status.note(event);
  }

  /** The episodes of the actor that is watched end with its observer; here is what others, or the log, tell. */
  #noteEpisode(event: RunEventOf<"episode">): void {
    const { watched, mode } = this.#options.run;
    if (mode === "live" && watched?.actor === event.actor && !event.correction) return;
    this.stream.finishEpisode(event);
    const { recordings } = this.#options;
    if (mode === "review") void recordings?.look().then(() => this.tellSettings());
  }

  #sendEvents(): void {
    const { run, audience } = this.#options;
    if (run.mode === "live") this.#tellChange({ type: "driver", driver: this.#whoSteers() });
    const session = run.recordingSession?.();
    if (session) this.#tellChange({ type: "recording_session", session });
    if (this.#fresh.length === 0) return;
    audience.broadcast({ type: "events", events: this.#fresh });
    this.#fresh = [];
  }

  /** A sign of life, and what has changed since the last one. */
  #beat(): void {
    const { audience } = this.#options;
    if (audience.size === 0) return;
    const { progress, finished, activeSeconds } = this.#status;
    audience.broadcast({
      ...{ type: "heartbeat", interaction_step: this.interactionStep, active_seconds: activeSeconds },
    });
    if (progress) this.#tellChange({ type: "progress", progress });
    if (finished) this.#tellChange({ type: "finished", finished });
  }

  #tellChange(message: ServerMessage): void {
    const text = serialize(message);
    if (this.#told.get(message.type) === text) return;
    this.#told.set(message.type, text);
    this.#options.audience.broadcastText(text);
  }

  #whoSteers(): WhoSteers {
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

/** A run that is over has nothing to see live; a recording learns nothing. */
function viewsOf({ mode, recordingSession, episodes, watched, actions }: DashboardRun): View[] {
  // A dataset is nothing but episodes.
  if (episodes !== undefined) return ["episodes", "run"];
  if (mode === "review") return ["learning", "episodes", "run"];
  // A learner whose robots are elsewhere.
  if (watched === undefined && actions.stop === undefined) return ["learning", "run"];
  return recordingSession ? ["live", "run"] : ["live", "learning", "episodes", "run"];
}
