/**
 * Connects the open pages with one run: handles their messages, control, and the emergency stop. Independent of HTTP;
 * `start_dashboard.ts` passes connections to it.
 */
import type { WebSocket } from "ws";
import { guarded } from "../../utils/guarded.ts";
import type { ClientMessage, StopState, Welcome } from "../protocol.ts";
import type { ClientConnection, RefusalCounts } from "./connection/client_connection.ts";
import { ControlArbiter, type LossReason } from "./connection/control_arbiter.ts";
import { PageConnections } from "./connection/page_connections.ts";
import { personName } from "./connection/person_name.ts";
import type { InputStamp } from "./dashboard_teleoperator.ts";
import type { EpisodeRecordings } from "./episodes/episode_recordings.ts";
import { type DashboardRun, hasRobot } from "./runs/run.ts";
import { RunCommands } from "./runs/run_commands.ts";
import { StateFeed } from "./state_feed.ts";

/** Short enough that a silent page loses control within 200 ms. */
const CHECK_INTERVAL_MS = 20;
/** A page closed this soon after steering counts as lost: the robot holds. */
const RECENT_STEERING_MS = 1000;
/** WebSocket close codes (RFC 6455, §7.4.1); a browser sends 1001 when a tab is closed. */
const GOING_AWAY = 1001;
/** Closed on purpose, with or without a status; a broken connection has 1006. */
const DELIBERATE_CLOSES: ReadonlySet<number> = new Set([1000, GOING_AWAY, 1005]);
/** Further errors of the dashboard are not reported: one that recurs with every message must not fill the log. */
const MAX_REPORTED_ERRORS = 10;

const NOT_STOPPED: StopState = { active: false, reason: null, by: null };

/** Messages that only the page in control may send. Without a robot, every page may send commands. */
type ControlMessage = Extract<ClientMessage, { type: "input" | "label" | "release_stop" | "command" }>;

/** What a run's folder and environment provide to pages. */
export interface RunAssets {
  readonly scene: Welcome["scene"];
  readonly recordings: EpisodeRecordings | undefined;
}

export interface DashboardSessionOptions extends RunAssets {
  /** Silence after which a page loses control, milliseconds. */
  readonly inputTimeoutMs: number;
}

export class DashboardSession {
  #run: DashboardRun;
  readonly #pages: PageConnections;
  readonly #arbiter: ControlArbiter;
  #feed: StateFeed;
  #commands: RunCommands;
  readonly #checking: NodeJS.Timeout;
  #stop: StopState = NOT_STOPPED;
  #reportedErrors = 0;

  constructor(run: DashboardRun, { inputTimeoutMs, ...assets }: DashboardSessionOptions) {
    this.#run = run;
    const onError = (error: unknown) => this.onError(error);
    this.#pages = new PageConnections({
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
    [this.#feed, this.#commands] = this.#attach(assets);
    // After a stall of this process the queued messages are read before the check.
    const check = guarded(() => this.#arbiter.check(), onError);
    this.#checking = setInterval(() => setImmediate(check), CHECK_INTERVAL_MS).unref();
  }

  get refusals(): RefusalCounts {
    return this.#pages.refusals;
  }

  /** Switches to another run. Pages stay connected, control stays where it is, and a stop stays in effect. */
  switchTo(run: DashboardRun, assets: RunAssets): void {
    this.#detach();
    this.#run = run;
    [this.#feed, this.#commands] = this.#attach(assets);
    if (run.actions.pace) run.actions.pace.attended = this.#arbiter.state.holder !== null;
    if (this.#stop.active) this.#attempt(() => run.actions.stop?.hold());
    this.#pages.welcomeAll();
  }

  /** Adds an authorised page. @param peer its address. */
  admit(socket: WebSocket, peer: string): void {
    this.#pages.admit(socket, peer);
  }

  /** Emergency stop by HTTP. @returns whether the run can be stopped. */
  stopOverHttp(name: string): boolean {
    return this.#emergencyStop(personName(name));
  }

  /** A page that closes reports it by HTTP, because its socket may break first. */
  goodbyeOverHttp(client: string): void {
    this.#leave(client, GOING_AWAY);
  }

  /** Reports an error of a message or request as a notice; the run continues. */
  onError(error: unknown): void {
    if (this.#reportedErrors++ >= MAX_REPORTED_ERRORS) return;
    const message = `a request to the dashboard failed: ${error instanceof Error ? error.message : String(error)}`;
    const interaction_step = this.#feed.interactionStep;
    this.#run.events?.emit({ type: "notice", level: "warn", source: "dashboard", message, interaction_step });
  }

  /** Closes all pages without stopping the robot. */
  close(): void {
    clearInterval(this.#checking);
    this.#detach();
    this.#pages.close(GOING_AWAY, "the run is over");
  }

  #attach({ scene, recordings }: RunAssets): [StateFeed, RunCommands] {
    const run = this.#run;
    if (run.teleoperator) run.teleoperator.onInputApplied = (...applied) => this.#onInputApplied(...applied);
    const feed = new StateFeed({
      run,
      scene,
      recordings,
      pages: this.#pages,
      onError: (error) => this.onError(error),
      control: () => this.#arbiter.state,
      stop: () => this.#stop,
    });
    return [feed, new RunCommands({ run, recordings })];
  }

  #detach(): void {
    this.#feed.close();
    this.#run.teleoperator?.releaseInput();
    if (this.#run.teleoperator) this.#run.teleoperator.onInputApplied = undefined;
    if (this.#run.actions.pace) this.#run.actions.pace.attended = false;
  }

  /** Closing a page releases control. If it was steering, or its connection broke, control is lost and the robot holds. */
  #leave(id: string, code: number): void {
    // A tab that is closed while keys are held reports them as released first.
    const isDeliberate = DELIBERATE_CLOSES.has(code) && !this.#run.teleoperator?.steeredWithin(RECENT_STEERING_MS);
    if (isDeliberate && this.#arbiter.holds(id)) this.#arbiter.release(id);
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
        if (!hasRobot(this.#run)) page.send({ type: "refused", message: "This run has no robot to control." });
        else if (!this.#feed.isOver) this.#arbiter.take(id);
        break;
      case "release_control":
        if (this.#arbiter.holds(id)) this.#run.teleoperator?.releaseInput();
        this.#arbiter.release(id);
        break;
      case "answer_request":
        if (this.#arbiter.holds(id) && message.grant) this.#run.teleoperator?.releaseInput();
        this.#arbiter.answer(id, message.client, message.grant);
        break;
      default:
        if (this.#feed.isOver) page.send({ type: "refused", message: "The run is over." });
        else if (message.type === "command" && !hasRobot(this.#run)) void this.#command(id, page, message);
        else if (this.#arbiter.holds(id)) this.#drive(id, page, message);
        // An input may cross the message that took control away: it needs no answer.
        else if (message.type !== "input") page.send({ type: "refused", message: "Take control first." });
    }
  }

  #drive(id: string, page: ClientConnection, message: ControlMessage): void {
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
      this.#feed.sendSettings();
    } catch (error) {
      page.send({ type: "result", id: request.id, ok: false, message: (error as Error).message });
    }
  }

  /** Every page may stop the robot. @returns whether the run can be stopped. */
  #emergencyStop(name: string): boolean {
    if (!this.#run.actions.stop) return false;
    const isNew = this.#stop.reason !== "person";
    this.#hold("person", name);
    if (isNew) this.#report(name, "emergency_stop", {});
    return true;
  }

  #onControlChange(): void {
    const { state } = this.#arbiter;
    const { pace } = this.#run.actions;
    const isAttended = state.holder !== null;
    if (pace && pace.attended !== isAttended) {
      pace.attended = isAttended;
      this.#feed.sendSettings();
    }
    this.#pages.broadcast({ type: "control", control: state });
  }

  /** A robot always holds; a simulation holds only if the lost page was steering. */
  #onControlLost(client: string, reason: LossReason): void {
    const name = this.#arbiter.nameOf(client);
    const wasSteering = this.#run.teleoperator?.steeredWithin(RECENT_STEERING_MS) ?? false;
    if (wasSteering || this.#feed.movesRobot) this.#hold(reason, name);
    else this.#run.teleoperator?.releaseInput();
    this.#report(name, "control_lost", { reason });
  }

  #hold(reason: NonNullable<StopState["reason"]>, by: string): void {
    this.#run.teleoperator?.releaseInput();
    if (!this.#run.actions.stop) return;
    this.#attempt(() => this.#run.actions.stop?.hold());
    // An emergency stop keeps its reason when control is lost afterwards.
    if (this.#stop.reason !== "person") this.#stop = { active: true, reason, by };
    this.#pages.broadcast({ type: "stop", stop: this.#stop });
  }

  #releaseStop(id: string): void {
    if (!this.#stop.active) return;
    this.#attempt(() => this.#run.actions.stop?.release());
    this.#stop = NOT_STOPPED;
    this.#pages.broadcast({ type: "stop", stop: this.#stop });
    this.#report(this.#arbiter.nameOf(id), "release_stop", {});
  }

  #attempt(action: () => unknown): void {
    guarded(action, (error) => this.onError(error))();
  }

  /** Adds a person's action to the run's log. */
  #report(person: string, name: string, detail: Readonly<Record<string, unknown>>): void {
    const { interactionStep: interaction_step } = this.#feed;
    this.#run.events?.emit({
      type: "action",
      interaction_step,
      by: "person",
      name,
      detail: { ...detail, page: person },
    });
  }

  #onInputApplied({ sequence, sentMs }: InputStamp, waitedMs: number): void {
    const { holder } = this.#arbiter.state;
    if (holder === null) return;
    this.#pages.send(holder.client, { type: "applied", sequence, sent_ms: sentMs, waited_ms: waitedMs });
  }
}
