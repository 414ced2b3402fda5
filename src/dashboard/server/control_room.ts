/**
 * The people around one run: who watches, who drives, and what they do. It knows nothing of HTTP; `start_dashboard.ts`
 * brings connections to it.
 */
import type { WebSocket } from "ws";
import { guarded } from "../../utils/guarded.ts";
import type { ClientMessage, StopState, Welcome } from "../protocol.ts";
import { Audience } from "./connection/audience.ts";
import type { ClientConnection, RefusalCounts } from "./connection/client_connection.ts";
import { ControlArbiter, type LossReason } from "./connection/control_arbiter.ts";
import { personName } from "./connection/person_name.ts";
import type { InputStamp } from "./dashboard_teleoperator.ts";
import type { EpisodeRecordings } from "./episodes/episode_recordings.ts";
import type { DashboardRun } from "./runs/run.ts";
import { RunCommands } from "./runs/run_commands.ts";
import { StateFeed } from "./state_feed.ts";

/** Often enough that a silent holder is gone within 200 ms. */
const CHECK_INTERVAL_MS = 20;
/** Who closes a page this soon after steering did not mean to hand the run back. */
const HANDS_OFF_MS = 1000;
/** WebSocket close codes (RFC 6455, §7.4.1); a browser sends 1001 when a tab is closed. */
const GOING_AWAY = 1001;
/** Closed by somebody, with or without saying why; a broken line is 1006. */
const FAREWELLS: ReadonlySet<number> = new Set([1000, GOING_AWAY, 1005]);
/** Errors of the dashboard itself that are told; one that comes back with every message is no news. */
const MAX_ERRORS_TOLD = 10;

const NOT_STOPPED: StopState = { active: false, reason: null, by: null };

/** What only the person in control may send. */
type DriverMessage = Extract<ClientMessage, { type: "input" | "label" | "release_stop" | "command" }>;

/** What comes with a run. */
export interface RunSurroundings {
  readonly scene: Welcome["scene"];
  readonly recordings: EpisodeRecordings | undefined;
}

export interface ControlRoomOptions extends RunSurroundings {
  /** Silence after which whoever drives loses control. */
  readonly inputTimeoutMs: number;
}

export class ControlRoom {
  #run: DashboardRun;
  readonly #audience: Audience;
  readonly #arbiter: ControlArbiter;
  #feed: StateFeed;
  #commands: RunCommands;
  readonly #checking: NodeJS.Timeout;
  #stop: StopState = NOT_STOPPED;
  #errorsTold = 0;

  constructor(run: DashboardRun, { inputTimeoutMs, ...surroundings }: ControlRoomOptions) {
    this.#run = run;
    const onError = (error: unknown) => this.onError(error);
    this.#audience = new Audience({
      welcome: (id) => ({ message: this.#feed.welcome(id), frame: this.#feed.stream.latestPoses }),
      onJoin: (id, name) => this.#arbiter.join(id, name),
      onMessage: (id, page, message) => this.#handle(id, page, message),
      onLeave: (id, code) => this.#leave(id, code),
      isIdle: (id) => !this.#arbiter.holds(id),
      onError,
    });
    const listener = {
      onChange: () => this.#onControlChange(),
      onLost: (client: string, reason: LossReason) => this.#onControlLost(client, reason),
    };
    this.#arbiter = new ControlArbiter(listener, inputTimeoutMs);
    [this.#feed, this.#commands] = this.#occupy(surroundings);
    // After a stall of this process the messages that waited are read first, then the holder is judged.
    const check = guarded(() => this.#arbiter.check(), onError);
    this.#checking = setInterval(() => setImmediate(check), CHECK_INTERVAL_MS).unref();
  }

  get refusals(): RefusalCounts {
    return this.#audience.refusals;
  }

  /** Another run from now on. Who is there stays, whoever holds control keeps it, and what is stopped stays stopped. */
  turnTo(run: DashboardRun, surroundings: RunSurroundings): void {
    this.#vacate();
    this.#run = run;
    [this.#feed, this.#commands] = this.#occupy(surroundings);
    if (run.actions.pace) run.actions.pace.attended = this.#arbiter.state.holder !== null;
    if (this.#stop.active) this.#attempt(() => run.actions.stop?.hold());
    this.#audience.welcomeAgain();
  }

  /** A page that passed the door. @param peer the address it comes from. */
  admit(socket: WebSocket, peer: string): void {
    this.#audience.admit(socket, peer);
  }

  /** An emergency stop that comes without a page's connection. @returns whether there is anything to stop. */
  stopFromOutside(name: string): boolean {
    return this.#emergencyStop(personName(name));
  }

  /** A page that is being closed says so beside its connection, which may break before it can say it. */
  goodbyeFromOutside(client: string): void {
    this.#leave(client, GOING_AWAY);
  }

  /** What a listener of untrusted input failed with: it is told, and the run goes on. */
  onError(error: unknown): void {
    if (this.#errorsTold++ >= MAX_ERRORS_TOLD) return;
    const message = `the dashboard could not do something: ${error instanceof Error ? error.message : String(error)}`;
    const interaction_step = this.#feed.interactionStep;
    this.#run.events?.emit({ type: "notice", level: "warn", source: "dashboard", message, interaction_step });
  }

  /** Everybody leaves; nothing is held or stopped by it. */
  close(): void {
    clearInterval(this.#checking);
    this.#vacate();
    this.#audience.close(GOING_AWAY, "the run is over");
  }

  #occupy({ scene, recordings }: RunSurroundings): [StateFeed, RunCommands] {
    const run = this.#run;
    if (run.teleoperator) run.teleoperator.onInputApplied = (...applied) => this.#onInputApplied(...applied);
    const feed = new StateFeed({
      ...{ run, scene, recordings, audience: this.#audience, onError: (error) => this.onError(error) },
      control: () => this.#arbiter.state,
      stop: () => this.#stop,
    });
    return [feed, new RunCommands({ run, recordings })];
  }

  #vacate(): void {
    this.#feed.close();
    this.#run.teleoperator?.letGo();
    if (this.#run.teleoperator) this.#run.teleoperator.onInputApplied = undefined;
    if (this.#run.actions.pace) this.#run.actions.pace.attended = false;
  }

  /** Who closes a page hands the run back; who does so with a hand on it, or loses the line, leaves a robot that holds. */
  #leave(id: string, code: number): void {
    // A tab that is closed under a person's hands reports them as off first.
    const isFarewell = FAREWELLS.has(code) && !this.#run.teleoperator?.steeredWithin(HANDS_OFF_MS);
    if (isFarewell && this.#arbiter.holds(id)) this.#arbiter.release(id);
    this.#arbiter.leave(id);
  }

  #handle(id: string, page: ClientConnection, message: ClientMessage): void {
    switch (message.type) {
      case "hello":
        break;
      case "rename":
        this.#arbiter.rename(id, personName(message.name));
        break;
      case "stop":
        this.#emergencyStop(this.#arbiter.nameOf(id));
        if (message.sequence !== undefined && this.#stop.active) {
          page.send({ type: "stop_confirmed", sequence: message.sequence });
        }
        break;
      case "take_control":
        if (!this.#feed.isOver) this.#arbiter.take(id);
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
        if (this.#feed.isOver) page.send({ type: "refused", message: "The run is over." });
        else if (this.#arbiter.holds(id)) this.#drive(id, page, message);
        // A last input may cross the message that took control away; anything else is worth an answer.
        else if (message.type !== "input") page.send({ type: "refused", message: "Take control first." });
    }
  }

  #drive(id: string, page: ClientConnection, message: DriverMessage): void {
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
        this.#report(this.#arbiter.nameOf(id), `label_${message.label}`, {
          episode: this.#feed.stream.traces.current?.episode ?? null,
        });
        break;
      case "release_stop":
        this.#releaseStop(id);
        break;
      case "command":
        void this.#command(id, page, message);
        break;
    }
  }

  async #command(id: string, page: ClientConnection, request: Extract<ClientMessage, { type: "command" }>) {
    const { name, ...detail } = request.command;
    const person = this.#arbiter.nameOf(id);
    const onBegun = () => this.#report(person, name, detail);
    try {
      const message = await this.#commands.carryOut(request.command, onBegun);
      page.send({ type: "result", id: request.id, ok: true, message });
      this.#feed.tellSettings();
    } catch (error) {
      page.send({ type: "result", id: request.id, ok: false, message: (error as Error).message });
    }
  }

  /** Anybody may stop the robot, in control or not. @returns whether it can be stopped. */
  #emergencyStop(name: string): boolean {
    if (!this.#run.actions.stop) return false;
    const isNews = this.#stop.reason !== "person";
    this.#hold("person", name);
    if (isNews) this.#report(name, "emergency_stop", {});
    return true;
  }

  #onControlChange(): void {
    const { state } = this.#arbiter;
    const { pace } = this.#run.actions;
    const isAttended = state.holder !== null;
    if (pace && pace.attended !== isAttended) {
      pace.attended = isAttended;
      this.#feed.tellSettings();
    }
    this.#audience.broadcast({ type: "control", control: state });
  }

  /** A simulation that nobody had a hand on goes on by itself; a robot never does so unasked. */
  #onControlLost(client: string, reason: LossReason): void {
    const name = this.#arbiter.nameOf(client);
    const wasSteering = this.#run.teleoperator?.steeredWithin(HANDS_OFF_MS) ?? false;
    if (wasSteering || this.#feed.movesRobot) this.#hold(reason, name);
    else this.#run.teleoperator?.letGo();
    this.#report(name, "control_lost", { reason });
  }

  #hold(reason: NonNullable<StopState["reason"]>, by: string): void {
    this.#run.teleoperator?.letGo();
    if (!this.#run.actions.stop) return;
    this.#attempt(() => this.#run.actions.stop?.hold());
    // Who was lost while the robot was stopped anyway does not matter.
    if (this.#stop.reason !== "person") this.#stop = { active: true, reason, by };
    this.#audience.broadcast({ type: "stop", stop: this.#stop });
  }

  #releaseStop(id: string): void {
    if (!this.#stop.active) return;
    this.#attempt(() => this.#run.actions.stop?.release());
    this.#stop = NOT_STOPPED;
    this.#audience.broadcast({ type: "stop", stop: this.#stop });
    this.#report(this.#arbiter.nameOf(id), "release_stop", {});
  }

  #attempt(action: () => unknown): void {
    guarded(action, (error) => this.onError(error))();
  }

  /** What people do is part of the run's log. */
  #report(person: string, name: string, detail: Readonly<Record<string, unknown>>): void {
    const { interactionStep: interaction_step } = this.#feed;
    this.#run.events?.emit({
      ...{ type: "action", interaction_step, by: "person", name },
      detail: { ...detail, page: person },
    });
  }

  #onInputApplied({ sequence, sentMs }: InputStamp, waitedMs: number): void {
    const { holder } = this.#arbiter.state;
    if (holder === null) return;
    this.#audience.send(holder.client, { type: "applied", sequence, sent_ms: sentMs, waited_ms: waitedMs });
  }
}
