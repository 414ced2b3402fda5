/** Access over real sockets: tokens, TLS, mutual TLS, protocol versions. */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { numbered, PATIENCE_S, RecordingLearner } from "../../src/transport/conformance/harness.ts";
import {
  type ActorEndpoint,
  type GrpcOptions,
  GrpcTransport,
  type LearnerEndpoint,
} from "../../src/transport/index.ts";
import { freePort } from "./free_port.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const pem = (name: string) => readFileSync(new URL(`../data/transport/${name}`, import.meta.url), "utf8");
const learnerTls = { certificate: pem("learner.pem"), key: pem("learner.key") };
const trustLearner = { certificateAuthority: pem("learner-authority.pem"), serverName: "handrail-learner" };
const open: (LearnerEndpoint | ActorEndpoint)[] = [];
afterEach(async () => {
  for (const endpoint of open.splice(0).reverse()) await endpoint.close(0);
});

/** One learner and one actor with these options; returns whether a transition was delivered. */
async function meet(learnerOptions: Partial<GrpcOptions>, actorOptions: Partial<GrpcOptions>) {
  const address = { host: "127.0.0.1", port: await freePort() };
  const recording = new RecordingLearner();
  const learner = await new GrpcTransport({ ...address, ...learnerOptions }).createLearner(recording.options);
  const actor = await new GrpcTransport({ ...address, ...actorOptions }, { connectTimeoutS: 1 }).createActor();
  open.push(learner, actor);
  await actor.sendTransition(numbered(1));
  return { recording, learner, actor };
}

describe("tokens", () => {
  it("admit an actor that has the learner's", async () => {
    const { actor, recording } = await meet({ token: TOKEN }, { token: TOKEN });
    await actor.flush(PATIENCE_S);
    expect(recording.numbers()).toEqual([1]);
  });

  it.each([
    ["a wrong one", { token: "f".repeat(32) }, "wrong token"],
    ["none", {}, "requires a token"],
  ])("reject an actor that has %s, and both sides report why", async (_name, actorOptions, reason) => {
    const { actor, learner, recording } = await meet({ token: TOKEN }, actorOptions);
    await expect(actor.ready(PATIENCE_S)).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining(reason),
    });
    expect(actor.status).toBe("failed");
    expect(learner.metrics().refused).toEqual({ unauthenticated: 1 });
    expect(recording.events.map(({ message }) => message).join()).toContain(reason);
    expect(recording.numbers()).toEqual([]);
  });

  it.each(["0.0.0.0", "::", "192.168.1.5", "robot.local"])("are required to listen on %s", async (host) => {
    const transport = new GrpcTransport({ host, port: 0 });
    await expect(transport.createLearner(new RecordingLearner().options)).rejects.toThrow(
      `refusing to listen on ${host} without a token`,
    );
  });

  it("make it possible to listen beyond loopback, with a warning while there is no TLS", async () => {
    const recording = new RecordingLearner();
    const learner = await new GrpcTransport({ host: "0.0.0.0", port: 0, token: TOKEN }).createLearner(
      recording.options,
    );
    open.push(learner);
    expect(recording.events.map(({ code }) => code)).toEqual(["unencrypted"]);
  });

  it.each(["short", "has spaces in it, and is long enough", ""])("must be strong enough: %j is not", (token) => {
    expect(() => new GrpcTransport({ host: "127.0.0.1", port: 1, token })).toThrow("openssl rand -hex 32");
  });
});

describe("TLS", () => {
  it("carries transitions", async () => {
    const { actor, recording } = await meet({ tls: learnerTls, token: TOKEN }, { tls: trustLearner, token: TOKEN });
    await actor.flush(PATIENCE_S);
    expect(recording.numbers()).toEqual([1]);
  });

  it("does not connect to an untrusted learner", async () => {
    const { actor, recording } = await meet(
      { tls: learnerTls },
      { tls: { ...trustLearner, certificateAuthority: pem("other-authority.pem") } },
    );
    await expect(actor.ready(1.5)).rejects.toMatchObject({ code: "deadline" });
    expect(recording.numbers()).toEqual([]);
  });

  it("does not talk unencrypted to a learner that encrypts", async () => {
    const { actor } = await meet({ tls: learnerTls }, {});
    await expect(actor.ready(1.5)).rejects.toMatchObject({ code: "deadline" });
  });

  it("can require certificates of actors too", async () => {
    const tls = { ...learnerTls, certificateAuthority: pem("actor-authority.pem") };
    const known = { ...trustLearner, certificate: pem("actor.pem"), key: pem("actor.key") };
    const { actor, recording, learner } = await meet({ tls }, { tls: known });
    await actor.flush(PATIENCE_S);
    expect(recording.numbers()).toEqual([1]);

    const port = Number(learner.address.split(":")[1]);
    const stranger = new GrpcTransport({ host: "127.0.0.1", port, tls: trustLearner }, { connectTimeoutS: 1 });
    const refused = await stranger.createActor();
    open.push(refused);
    await expect(refused.ready(1.5)).rejects.toMatchObject({ code: "deadline" });
  });

  it("names what is missing in its options", async () => {
    const address = { host: "127.0.0.1", port: 0 };
    const key = pem("actor.key");
    await expect(new GrpcTransport({ ...address, tls: { key } }).createActor()).rejects.toThrow("certificate");
    await expect(
      new GrpcTransport({ ...address, tls: { certificateAuthority: "ca.pem" } }).createActor(),
    ).rejects.toThrow("not its path");
    const learner = new GrpcTransport({ ...address, tls: { key } }).createLearner(new RecordingLearner().options);
    await expect(learner).rejects.toThrow("needs `certificate` and `key`");
  });
});

describe("options", () => {
  it("that are unknown or out of range are named", () => {
    const make = (settings: object) => () => new GrpcTransport({ host: "127.0.0.1", port: 1 }, settings);
    expect(make({ chunkSize: 1 })).toThrow("chunkSize");
    expect(make({ connectTimeoutS: -1 })).toThrow("connectTimeoutS");
    expect(() => new GrpcTransport({ host: "127.0.0.1", port: 70_000 })).toThrow("got 70000");
  });

  it("an actor of the same transport finds the learner's free port, and another transport's does not", async () => {
    const transport = new GrpcTransport({ host: "127.0.0.1", port: 0 });
    await expect(transport.createActor()).rejects.toThrow("an actor needs the port of its learner");
    open.push(await transport.createLearner(new RecordingLearner().options));
    const actor = await transport.createActor();
    open.push(actor);
    await actor.ready(PATIENCE_S);
  });

  it("a port that is taken is an error at once", async () => {
    const first = await new GrpcTransport({ host: "127.0.0.1", port: 0 }).createLearner(new RecordingLearner().options);
    open.push(first);
    const port = Number(first.address.split(":")[1]);
    const second = new GrpcTransport({ host: "127.0.0.1", port }).createLearner(new RecordingLearner().options);
    await expect(second).rejects.toThrow(`cannot listen on port ${port} of 127.0.0.1: another program uses it`);
  });
});
