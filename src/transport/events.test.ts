import { describe, expect, it } from "vitest";
import { TransportError } from "./errors.ts";
import { RefusalLog, type TransportEvent } from "./events.ts";

describe("RefusalLog", () => {
  it("counts every refusal and reports each reason once a second", () => {
    const events: TransportEvent[] = [];
    const log = new RefusalLog((event) => void events.push(event));
    for (let i = 0; i < 500; i++) log.record(new TransportError("malformed", `frame ${i}`), "10.0.0.9");
    log.record(new TransportError("unauthenticated", "wrong token"), "10.0.0.9");
    expect(log.counts()).toEqual({ malformed: 500, unauthenticated: 1 });
    expect(events.map(({ message }) => message)).toEqual([
      "refused (malformed, 1 so far): 10.0.0.9: frame 0",
      "refused (unauthenticated, 1 so far): 10.0.0.9: wrong token",
    ]);
  });

  it("counts an error once, through any number of layers", () => {
    const log = new RefusalLog(() => {});
    const error = new TransportError("too-large", "2 GB");
    log.record(error, "a");
    log.record(error, "b");
    expect(log.counts()).toEqual({ "too-large": 1 });
  });
});
