import { describe, expect, it } from "vitest";
import { DeadlineError, Notifier } from "./notifier.ts";

describe("Notifier", () => {
  it("returns at once when the condition already holds", async () => {
    expect(await new Notifier().until(() => 7, { what: "seven" })).toBe(7);
  });

  it("asks again after every notification", async () => {
    const notifier = new Notifier();
    let count = 0;
    const third = notifier.until(() => (count >= 3 ? count : undefined), { what: "three", deadlineS: 5 });
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      count++;
      notifier.notify();
    }
    expect(await third).toBe(3);
  });

  it("names what it waited for after the deadline", async () => {
    const wait = new Notifier().until(() => undefined, { what: "a learner", deadlineS: 0.02 });
    await expect(wait).rejects.toThrow(new DeadlineError("waited 0.02 s for a learner"));
  });

  it("ends with the signal's reason, also when it aborted earlier", async () => {
    const controller = new AbortController();
    const wait = new Notifier().until(() => undefined, { what: "x", signal: controller.signal });
    controller.abort(new Error("closing"));
    await expect(wait).rejects.toThrow("closing");
    await expect(new Notifier().until(() => 1, { what: "x", signal: controller.signal })).rejects.toThrow("closing");
  });

  it("rethrows the condition's error", async () => {
    const notifier = new Notifier();
    let broken = false;
    const wait = notifier.until(
      () => {
        if (broken) throw new Error("broken");
        return undefined;
      },
      { what: "x" },
    );
    broken = true;
    notifier.notify();
    await expect(wait).rejects.toThrow("broken");
  });
});
