/**
 * Conformance suite for teleoperators: what the control loop relies on. It takes `describe` and `it` of vitest, jest or
 * node:test as arguments, so that the package depends on no test runner.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { checkAction } from "../envs/action_check.ts";
import type { Env } from "../envs/env.ts";
import type { TestFunctions } from "../utils/test_functions.ts";
import { NO_EVENTS, type TeleopEvents, type Teleoperator } from "./teleoperator.ts";
import { TeleoperatorGroup } from "./teleoperator_group.ts";

/** Events that a button can report. */
export type TeleopButton = Exclude<keyof TeleopEvents, "isIntervention">;

/** A person's hands, as a program: the suite waits until the device has noticed. */
export interface TeleoperatorHands {
  /** Takes over and keeps control. */
  takeOver(): void | Promise<void>;
  letGo(): void | Promise<void>;
  /** Presses a button once, while holding or not. Buttons that the device lacks are left out. */
  readonly press?: Readonly<Partial<Record<TeleopButton, () => void | Promise<void>>>>;
}

export interface TestedTeleoperator {
  /** Not connected yet. */
  readonly teleoperator: Teleoperator;
  /** Absent for a program that decides on its own when it steers; tests that need hands are then skipped. */
  readonly hands?: TeleoperatorHands;
  /** Closes resources of the hands, such as a socket. */
  readonly dispose?: () => void | Promise<void>;
}

/** The implementation under test. */
export interface TeleoperatorSubject {
  /** The steered environment, with the policy's action space. */
  readonly env: Pick<Env, "id" | "actionSpace">;
  create(): TestedTeleoperator | Promise<TestedTeleoperator>;
}

/** Pause between readings, like the time between control steps. */
const STEP_MS = 5;
/** Time limit for a device to notice what hands do. */
const NOTICE_MS = 5000;
/** Readings in which nothing else may happen. */
const QUIET_STEPS = 20;

const isThenable = (value: unknown) => typeof (value as { then?: unknown } | null)?.then === "function";

/**
 * Runs the suite.
 *
 * @example
 * import { describe, it } from "vitest";
 * const create = () => ({ teleoperator: new MyPedal(port), hands: { takeOver, letGo, press: { success } } });
 * describeTeleoperator("my pedal", { env, create }, { describe, it });
 */
export function describeTeleoperator(
  name: string,
  subject: TeleoperatorSubject,
  { describe, it }: TestFunctions,
): void {
  const { env } = subject;

  /** A connected device in an episode. */
  const itWith = (what: string, body: (tested: TestedTeleoperator) => Promise<void>) => {
    it(what, async () => {
      const tested = await subject.create();
      try {
        await tested.teleoperator.connect();
        tested.teleoperator.onEpisodeStart?.({});
        await body(tested);
      } finally {
        await tested.teleoperator.disconnect();
        await tested.dispose?.();
      }
    });
  };

  /** Reads the device as a control step does, in the same order. */
  const read = async ({ teleoperator }: TestedTeleoperator): Promise<TeleopEvents> => {
    await sleep(STEP_MS);
    const events = teleoperator.events?.getTeleopEvents() ?? NO_EVENTS;
    assert.ok(!isThenable(events), "getTeleopEvents returns a promise, but a control step must not wait");
    if (events.isIntervention && teleoperator.actions) {
      const action = teleoperator.actions.getAction();
      assert.ok(!isThenable(action), "getAction returns a promise, but a control step must not wait");
      checkAction(action, env.actionSpace, `${teleoperator.id} in ${env.id}`);
    }
    return events;
  };

  const readUntil = async (tested: TestedTeleoperator, what: string, matches: (events: TeleopEvents) => boolean) => {
    const deadline = performance.now() + NOTICE_MS;
    while (performance.now() < deadline) {
      const events = await read(tested);
      if (matches(events)) return events;
    }
    throw new assert.AssertionError({ message: `within ${NOTICE_MS / 1000} s the device has not reported ${what}` });
  };

  const readQuiet = async (tested: TestedTeleoperator, allowed: Partial<TeleopEvents>, what: string) => {
    for (let step = 0; step < QUIET_STEPS; step++) {
      assert.deepEqual(await read(tested), { ...NO_EVENTS, ...allowed }, what);
    }
  };

  describe(`${name} as a teleoperator`, () => {
    itWith("has a name, and steers or reports events", async ({ teleoperator }) => {
      assert.ok(typeof teleoperator.id === "string" && teleoperator.id !== "", "its id is empty");
      new TeleoperatorGroup([teleoperator], env);
    });

    itWith("reports every event at every step as true or false, and steers with actions that fit", async (tested) => {
      for (let step = 0; step < QUIET_STEPS; step++) {
        const events = await read(tested);
        const flags = Object.fromEntries(
          Object.keys(NO_EVENTS).map((key) => [key, typeof events[key as TeleopButton]]),
        );
        assert.deepEqual(flags, Object.fromEntries(Object.keys(NO_EVENTS).map((key) => [key, "boolean"])));
      }
    });

    it("can be connected again after it was disconnected, and disconnected twice", async () => {
      const tested = await subject.create();
      const { teleoperator } = tested;
      try {
        for (let time = 0; time < 2; time++) {
          await teleoperator.connect();
          teleoperator.onEpisodeStart?.({});
          await read(tested);
          await teleoperator.disconnect();
        }
        await teleoperator.disconnect();
      } finally {
        await tested.dispose?.();
      }
    });

    itWith("reports nothing while it is untouched", async (tested) => {
      if (tested.hands) await readQuiet(tested, {}, "it is untouched");
    });

    itWith("intervenes at every step from take-over to release", async (tested) => {
      const { hands } = tested;
      if (!hands || !tested.teleoperator.events) return;
      for (let time = 0; time < 2; time++) {
        await hands.takeOver();
        await readUntil(tested, "the take-over", ({ isIntervention }) => isIntervention);
        await readQuiet(tested, { isIntervention: true }, "hands hold it");
        await hands.letGo();
        await readUntil(tested, "the release", ({ isIntervention }) => !isIntervention);
        await readQuiet(tested, {}, "hands have let go");
      }
    });

    itWith("reports each press once", async (tested) => {
      for (const [button, press] of Object.entries(tested.hands?.press ?? {})) {
        await press();
        const isPressed = (events: TeleopEvents) => events[button as TeleopButton];
        await readUntil(tested, button, isPressed);
        for (let step = 0; step < QUIET_STEPS; step++) {
          assert.ok(!isPressed(await read(tested)), `${button} was pressed once and is reported again`);
        }
      }
    });

    itWith("forgets at an episode's start what was pressed after the last one's end", async (tested) => {
      for (const [button, press] of Object.entries(tested.hands?.press ?? {})) {
        await press();
        // Long enough for the device to notice a press that is not read.
        await sleep(QUIET_STEPS * STEP_MS);
        tested.teleoperator.onEpisodeStart?.({});
        for (let step = 0; step < QUIET_STEPS; step++) {
          const events = await read(tested);
          assert.ok(!events[button as TeleopButton], `${button} of the last episode is reported in the next one`);
        }
      }
    });

    itWith("has let go after it was disconnected while hands held it", async (tested) => {
      const { hands, teleoperator } = tested;
      if (!hands || !teleoperator.events) return;
      await hands.takeOver();
      await readUntil(tested, "the take-over", ({ isIntervention }) => isIntervention);
      await teleoperator.disconnect();
      await hands.letGo();
      await teleoperator.connect();
      teleoperator.onEpisodeStart?.({});
      await readQuiet(tested, {}, "it was disconnected");
    });
  });
}
