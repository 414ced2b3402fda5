/** The built-in teleoperators and the example of one's own keep what the control loop relies on; the suite catches who does not. */
import { createSocket } from "node:dgram";
import { describe, expect, it } from "vitest";
import { UdpStick } from "../../examples/udp_stick_teleoperator.ts";
import { DashboardTeleoperator, IDLE_INPUT } from "../../src/dashboard/server/dashboard_teleoperator.ts";
import type { BoxSpace } from "../../src/envs/env.ts";
import { makePandaEnv } from "../../src/envs/panda_pick_cube/variants.ts";
import { describeTeleoperator, type TeleoperatorSubject } from "../../src/teleoperators/conformance.ts";
import { ScriptedOperator } from "../../src/teleoperators/scripted/scripted_operator.ts";
import { NO_EVENTS, type TeleopEvents, type Teleoperator } from "../../src/teleoperators/teleoperator.ts";
import { failedTests } from "../failed_tests.ts";
import { freePort } from "../transport/free_port.ts";

const box = (length: number): BoxSpace => ({ type: "box", dtype: "float32", shape: [length], low: -1, high: 1 });

for (const length of [3, 4]) {
  const env = { id: `arm of ${length}`, actionSpace: box(length) };
  describeTeleoperator(
    `the dashboard of an ${env.id}`,
    { env, create: () => atTheDashboard(length) },
    { describe, it },
  );
}

function atTheDashboard(length: number) {
  const teleoperator = new DashboardTeleoperator({ shape: [length] });
  let sequence = 0;
  const stamp = () => ({ sequence: ++sequence, sentMs: performance.now() });
  return {
    teleoperator,
    hands: {
      takeOver: () => teleoperator.setInput({ intervening: true, motion: [1, 0, -1], gripper: "open" }, stamp()),
      letGo: () => teleoperator.setInput(IDLE_INPUT, stamp()),
      press: {
        success: () => teleoperator.setLabel("success"),
        failure: () => teleoperator.setLabel("failure"),
        rerecordEpisode: () => teleoperator.setLabel("rerecord"),
        terminateEpisode: () => teleoperator.setLabel("terminate"),
      },
    },
  };
}

const panda = await makePandaEnv("PandaPickCube-v0");
await panda.reset({ seed: 1 });
for (const mode of ["demonstrate", "intervene"] as const) {
  const create = () => ({ teleoperator: new ScriptedOperator(panda, { mode, patienceSteps: 3 }) });
  describeTeleoperator(`a scripted operator who is to ${mode}`, { env: panda, create }, { describe, it });
}

describeTeleoperator(
  "the example of a teleoperator of one's own",
  {
    env: { id: "arm", actionSpace: box(4) },
    async create() {
      const port = await freePort();
      const socket = createSocket("udp4");
      const send = (datagram: object) => socket.send(JSON.stringify(datagram), port, "127.0.0.1");
      let sending: NodeJS.Timeout | undefined;
      const letGo = () => clearInterval(sending);
      return {
        teleoperator: new UdpStick({ type: "udp_stick", host: "127.0.0.1", port, timeout_ms: 200 }),
        hands: {
          takeOver: () => {
            sending = setInterval(() => send({ motion: [1, 0, 0] }), 20);
          },
          letGo,
          press: {
            success: () => send({ motion: [0, 0, 0], label: "success" }),
            failure: () => send({ motion: [0, 0, 0], label: "failure" }),
          },
        },
        dispose() {
          letGo();
          socket.close();
        },
      };
    },
  },
  { describe, it },
);

/** A lever and a button, which do what is right but for what a test changes. */
class Lever {
  /** Whether hands that let go after a disconnection let go too late. */
  readonly sticks: boolean = false;
  isHeld = false;
  isPressed = false;

  capabilities(): Pick<Teleoperator, "actions" | "events"> {
    return { actions: { getAction: () => this.action() }, events: { getTeleopEvents: () => this.read() } };
  }
  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {
    this.isHeld = false;
    this.isPressed = false;
  }
  onEpisodeStart(): void {
    this.isPressed = false;
  }
  read(): TeleopEvents {
    const success = this.isPressed;
    this.isPressed = false;
    return { ...NO_EVENTS, isIntervention: this.isHeld, success };
  }
  action(): Float32Array {
    return Float32Array.of(1);
  }
}

const BROKEN: { readonly what: string; readonly test: string; readonly lever: new () => Lever }[] = [
  {
    what: "steers with too few numbers",
    test: "intervenes at every step",
    lever: class extends Lever {
      override action = () => new Float32Array();
    },
  },
  {
    what: "steers with NaN",
    test: "intervenes at every step",
    lever: class extends Lever {
      override action = () => Float32Array.of(Number.NaN);
    },
  },
  {
    what: "makes a control step wait",
    test: "reports every event",
    lever: class extends Lever {
      override read = () => Promise.resolve(NO_EVENTS) as never;
    },
  },
  {
    what: "leaves an event out",
    test: "reports every event",
    lever: class extends Lever {
      override read = () => ({ isIntervention: false }) as TeleopEvents;
    },
  },
  {
    what: "reports a take-over once",
    test: "intervenes at every step",
    lever: class extends Lever {
      override read() {
        const events = super.read();
        this.isHeld = false;
        return events;
      }
    },
  },
  {
    what: "never lets go",
    test: "intervenes at every step",
    lever: class extends Lever {
      #wasHeld = false;
      override read() {
        this.#wasHeld ||= this.isHeld;
        return { ...super.read(), isIntervention: this.#wasHeld };
      }
    },
  },
  {
    what: "reports a press as long as nothing else is pressed",
    test: "reports each press once",
    lever: class extends Lever {
      override read() {
        return { ...NO_EVENTS, isIntervention: this.isHeld, success: this.isPressed };
      }
    },
  },
  {
    what: "takes a verdict along into the next episode",
    test: "forgets at an episode's start",
    lever: class extends Lever {
      override onEpisodeStart() {}
    },
  },
  {
    what: "holds on when it is disconnected",
    test: "has let go",
    lever: class extends Lever {
      override readonly sticks = true;
      override async disconnect() {}
    },
  },
  {
    what: "cannot be connected twice",
    test: "can be connected again",
    lever: class extends Lever {
      #connections = 0;
      override async connect() {
        if (this.#connections++ > 0) throw new Error("the port is taken");
      }
    },
  },
  {
    what: "cannot do anything",
    test: "has a name",
    lever: class extends Lever {
      override capabilities = () => ({});
    },
  },
];

/** The tests of the suite that a lever fails. */
async function failuresOf(LeverClass: new () => Lever): Promise<string[]> {
  const create: TeleoperatorSubject["create"] = () => {
    const lever = new LeverClass();
    const hold = (isHeld: boolean) => {
      lever.isHeld = isHeld;
    };
    const press = () => {
      lever.isPressed = true;
    };
    return {
      teleoperator: {
        id: "lever",
        ...lever.capabilities(),
        connect: () => lever.connect(),
        disconnect: () => lever.disconnect(),
        onEpisodeStart: () => lever.onEpisodeStart(),
      },
      hands: { takeOver: () => hold(true), letGo: () => hold(lever.sticks), press: { success: press } },
    };
  };
  return await failedTests((runner) =>
    describeTeleoperator("lever", { env: { id: "arm", actionSpace: box(1) }, create }, runner),
  );
}

describe("the conformance suite of teleoperators", () => {
  it("lets a lever pass", async () => {
    expect(await failuresOf(Lever)).toEqual([]);
  });

  it.concurrent.each(BROKEN)("catches a device that $what", async ({ lever, test }) => {
    expect(await failuresOf(lever)).toContainEqual(expect.stringContaining(test));
  });
});
