/** A run without a robot, for tests of who may do what: what is done to it is written down. */
import { DashboardTeleoperator } from "../../src/dashboard/server/dashboard_teleoperator.ts";
import type { DashboardRun } from "../../src/dashboard/server/runs/run.ts";
import { type RunEvent, RunEvents } from "../../src/metrics/index.ts";

export class BareRun implements DashboardRun {
  readonly name = "bare";
  readonly mode = "live";
  readonly config = {};
  readonly history: readonly RunEvent[] = [];
  readonly events = new RunEvents();
  readonly teleoperator = new DashboardTeleoperator({ shape: [4] });
  /** What the run's log would hold. */
  readonly logged: RunEvent[] = [];
  readonly done: string[] = [];
  /** Inputs of whoever drives, and those of them with hands on the robot, however short. */
  inputs = 0;
  handsOn = 0;
  readonly actions: DashboardRun["actions"] = {
    stop: { hold: () => this.#did("hold"), release: () => this.#did("release") },
    actor: { pause: () => this.#did("pause actor"), resume: () => this.#did("resume actor") },
    learner: {
      pause: () => this.#did("pause learner"),
      resume: () => this.#did("resume learner"),
      saveCheckpoint: async () => {
        this.#did("save");
        return "checkpoints/0000010";
      },
    },
    labels: {
      undoLabel: async () => {
        throw new Error("there is no label to take back");
      },
    },
  };

  constructor() {
    this.events.subscribe((event) => this.logged.push(event));
    const setInput = this.teleoperator.setInput.bind(this.teleoperator);
    this.teleoperator.setInput = (input, stamp) => {
      this.inputs += 1;
      if (input.intervening) this.handsOn += 1;
      setInput(input, stamp);
    };
  }

  /** Names of the actions in the log. */
  get loggedActions(): string[] {
    return this.logged.flatMap((event) => (event.type === "action" ? [event.name] : []));
  }

  #did(what: string): void {
    this.done.push(what);
  }
}
