import { ClientError, Status } from "nice-grpc";
import { describe, expect, it } from "vitest";
import { TransportError, type TransportErrorCode } from "../errors.ts";
import { fromClientError, toServerError } from "./status.ts";

const CODES: TransportErrorCode[] = ["unavailable", "failed", "unauthenticated", "version", "malformed", "superseded"];

describe("statuses", () => {
  it.each(CODES)("preserve a transport error with code %s", (code) => {
    const { code: status, details } = toServerError(new TransportError(code, "because: it is so"));
    const received = fromClientError(new ClientError("/transport.LearnerService/Ready", status, details));
    expect([received.code, received.message]).toEqual([code, "because: it is so"]);
  });

  it("of other servers become the nearest code", () => {
    const from = (status: Status, details: string) => fromClientError(new ClientError("/x", status, details)).code;
    expect(from(Status.UNIMPLEMENTED, "no such method")).toBe("version");
    expect(from(Status.UNAVAILABLE, "connect: refused")).toBe("unavailable");
    expect(from(Status.RESOURCE_EXHAUSTED, "Received message larger than max")).toBe("too-large");
  });

  it("of unexpected errors may be retried, and long reasons are cut to fit a header", () => {
    expect(toServerError(new Error("disk on fire")).code).toBe(Status.INTERNAL);
    expect(toServerError(new TransportError("refused", "x".repeat(9999))).details).toHaveLength(500);
  });
});
