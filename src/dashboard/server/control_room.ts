/**
 * The people around one run: who watches, who drives, and what they do. It knows nothing of HTTP; `start_dashboard.ts`
 * brings connections to it.
 */
import type { WebSocket } from "ws";
import type { RunEvent, RunEventOf } from "../../metrics/index.ts";
import { PROTOCOL_VERSION } from "../limits.ts";
import type { ClientMessage, RunCommand, ServerMessage, StopState, Welcome } from "../protocol.ts";
import { ClientConnection, type RefusalCounts, serialize } from "./client_connection.ts";
import { ControlArbiter, type LossReason } from "./control_arbiter.ts";
import type { InputStamp } from "./dashboard_teleoperator.ts";
import type { EpisodeRecordings } from "./episode_recordings.ts";
import { EventHistory } from "./event_history.ts";
import { LiveStream } from "./live_stream.ts";
import type { DashboardRun } from "./run.ts";
import { capabilitiesOf, carryOut } from "./run_commands.ts";

const EVENTS_INTERVAL_MS = 100;
/** Often enough that a silent holder is gone within 200 ms. */
const CHECK_INTERVAL_MS = 20;
/** Who closes a page this soon after steering did not mean to hand the run back. */
const HANDS_OFF_MS = 1000;
/** Connections that say nothing are not kept. */
const HELLO_TIMEOUT_MS = 5000;
/** More pages than anybody opens; each costs memory. */
const MAX_CLIENTS = 32;
/** WebSocket close codes (RFC 6455, §7.4.1); a browser sends 1001 when a tab is closed. */
const GOING_AWAY = 1001;
/** Closed by somebody, with or without saying why; a broken line is 1006. */
const FAREWELLS: ReadonlySet<number> = new Set([1000, GOING_AWAY, 1005]);
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** What only the person in control may send. */
type DriverMessage = Extract<ClientMessage, { type: "input" | "label" | "release_stop" | "command" }>;

export interface ControlRoomOptions {
  readonly scene: Welcome["scene"];
  readonly recordings: EpisodeRecordings | undefined;
  /** Silence after which whoever drives loses control. */
  readonly inputTimeoutMs: number;
}

export class ControlRoom {
  readonly refusals: RefusalCounts = { malformedMessages: 0, oversizedMessages: 0, floods: 0, requests: 0 };
  readonly stream: LiveStream;
  readonly #run: DashboardRun;
  readonly #recordings: EpisodeRecordings | undefined;
  readonly #scene: Welcome["scene"];
  readonly #clients = new Map<string, ClientConnection>();
  readonly #history = new EventHistory();
  readonly #arbiter: ControlArbiter;
  readonly #timers: NodeJS.Timeout[];
  readonly #unsubscribe: (() => void) | undefined;
  #fresh: RunEvent[] = [];
  #stop: StopState = { active: false, reason: null };
  #nextClient = 1;
  #isClosed = false;

  constructor(run: DashboardRun, { scene, recordings, inputTimeoutMs }: ControlRoomOptions) {
    this.#run = run;
    this.#scene = scene;
    this.#recordings = recordings;
    const listener = {
      onChange: () => this.#broadcast({ type: "control", control: this.#arbiter.state }),
      onLost: (client: string, reason: LossReason) => this.#onControlLost(client, reason),
    };
    this.#arbiter = new ControlArbiter(listener, inputTimeoutMs);
    this.stream = new LiveStream({
      ...(run.scene && { scene: run.scene }),
      ...(recordings && { recordings }),
      ...(run.controlFrequencyHz !== undefined && { controlFrequencyHz: run.controlFrequencyHz }),
      isWatched: () => this.#clients.size > 0,
      sendFrame: (frame) => {
        for (const client of this.#clients.values()) client.sendFrame(frame);
      },
      onTrace: (trace) => this.#broadcast({ type: "trace", trace }),
      onRecorded: () => this.#broadcastSettings(),
      onCamera: () => this.#broadcastSettings(),
    });
    for (const event of run.history) {
      this.#history.add(event);
      if (event.type === "episode") this.stream.finishEpisode(event);
    }
    this.#unsubscribe = run.events?.subscribe((event) => this.#note(event));
    run.watched?.observer.attach(this.stream);
    if (run.teleoperator) run.teleoperator.onInputApplied = (...applied) => this.#onInputApplied(...applied);
    const sendEvents = setInterval(() => this.#sendEvents(), EVENTS_INTERVAL_MS);
    // After a stall of this process the messages that waited are read first, then the holder is judged.
    const check = setInterval(() => setImmediate(() => this.#arbiter.check()), CHECK_INTERVAL_MS);
    this.#timers = [sendEvents.unref(), check.unref()];
  }

  /** A page that passed the door. */
  admit(socket: WebSocket): void {
    const id = `page-${this.#nextClient++}`;
    let name: string | undefined;
    const deadline = setTimeout(() => socket.terminate(), HELLO_TIMEOUT_MS).unref();
    const connection: ClientConnection = new ClientConnection(socket, this.refusals, {
      onMessage: (message) => {
        if (name !== undefined) this.#handle(id, connection, message);
        else if (message.type === "hello") {
          name = message.name;
          clearTimeout(deadline);
          this.#greet(id, name, connection, message.protocol);
        } else connection.send({ type: "refused", message: "say hello first" });
      },
      onClose: (code) => {
        clearTimeout(deadline);
        this.#clients.delete(id);
        this.#leave(id, code);
      },
    });
  }

  /** Everybody leaves; nothing is held or stopped by it. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#unsubscribe?.();
    this.#run.watched?.observer.attach(undefined);
    this.#run.teleoperator?.letGo();
    if (this.#run.teleoperator) this.#run.teleoperator.onInputApplied = undefined;
    for (const client of this.#clients.values()) client.close(GOING_AWAY, "the run is over");
    this.#clients.clear();
  }

  #greet(id: string, name: string, connection: ClientConnection, protocol: number): void {
    if (protocol !== PROTOCOL_VERSION) {
      connection.send({ type: "refused", message: "this page is of another version: reload it" });
      connection.close(POLICY_VIOLATION, "another protocol version");
      return;
    }
    if (this.#clients.size >= MAX_CLIENTS) {
      connection.close(TRY_AGAIN_LATER, "too many pages are open");
      return;
    }
    connection.send(this.#welcome(id));
    if (this.stream.latestPoses) connection.sendFrame(this.stream.latestPoses);
    this.#clients.set(id, connection);
    this.#arbiter.join(id, name);
  }

  /** Who closes a page hands the run back; who does so with a hand on it, or loses the line, leaves a robot that holds. */
  #leave(id: string, code: number): void {
    if (this.#isClosed) return;
    // A tab that is closed under a person's hands reports them as off first.
    const isFarewell = FAREWELLS.has(code) && !this.#run.teleoperator?.steeredWithin(HANDS_OFF_MS);
    if (isFarewell && this.#arbiter.holds(id)) this.#arbiter.release(id);
    this.#arbiter.leave(id);
  }

  #welcome(client: string): Welcome {
    const { mode, name, config, controlFrequencyHz, teleoperator, actions } = this.#run;
    return {
      type: "welcome",
      protocol: PROTOCOL_VERSION,
      client,
      mode,
      run_name: name,
      capabilities: capabilitiesOf(this.#run),
      control_frequency_hz: controlFrequencyHz ?? null,
      has_gripper: teleoperator?.hasGripper ?? false,
      scene: this.#scene,
      cameras: [...this.stream.cameras],
      config,
      history: this.#history.events,
      traces: [...this.stream.traces.all],
      control: this.#arbiter.state,
      stop: this.#stop,
      recording: this.#recordings?.recording ?? false,
      intervention_rate: actions.operator?.interventionRate ?? null,
      recordings: this.#recordings?.episodes ?? [],
    };
  }

  #handle(id: string, connection: ClientConnection, message: ClientMessage): void {
    switch (message.type) {
      case "hello":
        connection.send({ type: "refused", message: "you said hello before" });
        break;
      case "stop":
        this.#emergencyStop(id);
        break;
      case "take_control":
        if (this.#run.mode === "live") this.#arbiter.take(id);
        break;
      case "release_control":
        if (this.#arbiter.holds(id)) this.#run.teleoperator?.letGo();
        this.#arbiter.release(id);
        break;
      case "answer_request":
        if (this.#arbiter.holds(id) && message.grant) this.#run.teleoperator?.letGo();
        this.#arbiter.answer(id, message.client, message.grant);
        break;
      default:
        if (this.#arbiter.holds(id)) this.#drive(id, connection, message);
        // A last input may cross the message that took control away; anything else is worth an answer.
        else if (message.type !== "input") connection.send({ type: "refused", message: "Take control first." });
    }
  }

  #drive(id: string, connection: ClientConnection, message: DriverMessage): void {
    const { teleoperator } = this.#run;
    switch (message.type) {
      case "input":
        this.#arbiter.heard(id);
        if (!this.#stop.active) {
          teleoperator?.setInput(message.input, { sequence: message.sequence, sentMs: message.sent_ms });
        }
        break;
      case "label":
        if (this.#stop.active) break;
        teleoperator?.setLabel(message.label);
        this.#report(id, `label_${message.label}`, { episode: this.stream.traces.current?.episode ?? null });
        break;
      case "release_stop":
        this.#releaseStop(id);
        break;
      case "command":
        void this.#command(id, connection, message.id, message.command);
        break;
    }
  }

  async #command(id: string, connection: ClientConnection, request: number, command: RunCommand): Promise<void> {
    const { name, ...detail } = command;
    try {
      const message = await carryOut(command, { actions: this.#run.actions, recordings: this.#recordings });
      this.#report(id, name, detail);
      connection.send({ type: "result", id: request, ok: true, message });
      this.#broadcastSettings();
    } catch (error) {
      connection.send({ type: "result", id: request, ok: false, message: (error as Error).message });
    }
  }

  /** Anybody may stop the robot, in control or not. */
  #emergencyStop(id: string): void {
    if (!this.#run.actions.stop) return;
    this.#hold("person");
    this.#report(id, "emergency_stop", {});
  }

  #onControlLost(client: string, reason: LossReason): void {
    this.#hold("connection_lost");
    this.#report(client, "control_lost", { reason });
  }

  #hold(reason: NonNullable<StopState["reason"]>): void {
    this.#run.teleoperator?.letGo();
    if (!this.#run.actions.stop) return;
    void this.#run.actions.stop.hold();
    this.#stop = { active: true, reason };
    this.#broadcast({ type: "stop", stop: this.#stop });
  }

  #releaseStop(id: string): void {
    if (!this.#stop.active) return;
    void this.#run.actions.stop?.release();
    this.#stop = { active: false, reason: null };
    this.#broadcast({ type: "stop", stop: this.#stop });
    this.#report(id, "release_stop", {});
  }

  /** What people do is part of the run's log. */
  #report(client: string, name: string, detail: Readonly<Record<string, unknown>>): void {
    this.#run.events?.emit({
      type: "action",
      interaction_step: this.#history.interactionStep,
      by: "person",
      name,
      detail: { ...detail, page: this.#arbiter.nameOf(client) },
    });
  }

  #note(event: RunEvent): void {
    this.#history.add(event);
    if (event.type === "episode") this.#noteEpisode(event);
    if (this.#clients.size > 0) this.#fresh.push(event);
  }

  /** The episodes of the actor that is watched end with its observer; here is what others, or the log, tell. */
  #noteEpisode(event: RunEventOf<"episode">): void {
    const { watched, mode } = this.#run;
    if (mode === "live" && watched?.actor === event.actor && !event.correction) return;
    this.stream.finishEpisode(event);
  }

  #onInputApplied({ sequence, sentMs }: InputStamp, waitedMs: number): void {
    const holder = this.#arbiter.state.holder;
    if (holder === null) return;
    const client = this.#clients.get(holder.client);
    client?.send({ type: "applied", sequence, sent_ms: sentMs, waited_ms: waitedMs });
  }

  #sendEvents(): void {
    if (this.#fresh.length === 0) return;
    this.#broadcast({ type: "events", events: this.#fresh });
    this.#fresh = [];
  }

  #broadcastSettings(): void {
    this.#broadcast({
      type: "settings",
      cameras: [...this.stream.cameras],
      recording: this.#recordings?.recording ?? false,
      intervention_rate: this.#run.actions.operator?.interventionRate ?? null,
      recordings: this.#recordings?.episodes ?? [],
    });
  }

  #broadcast(message: ServerMessage): void {
    if (this.#clients.size === 0) return;
    const text = serialize(message);
    for (const client of this.#clients.values()) client.sendText(text);
  }
}
