/** A run without a robot that records the calls of its capabilities. */
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
  /** Events of the run's log. */
  readonly logged: RunEvent[] = [];
  readonly done: string[] = [];
  /** Inputs received, and those of them that steer. */
  inputs = 0;
  steeringInputs = 0;
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
        throw new Error("there is no label to undo");
      },
    },
  };

  constructor() {
    this.events.subscribe((event) => this.logged.push(event));
    const setInput = this.teleoperator.setInput.bind(this.teleoperator);
    this.teleoperator.setInput = (input, stamp) => {
      this.inputs += 1;
      if (input.intervening) this.steeringInputs += 1;
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
