import { describe, expect, test } from "vitest";
import { z } from "zod";
import { RecordingLearner } from "./conformance/harness.ts";
import { InProcessTransport } from "./in_process/in_process_transport.ts";
import { makeTransport, RunTransport, registerTransport } from "./registry.ts";

const NETWORK = { host: "127.0.0.1", port: 0 };

registerTransport("pigeon", {
  schema: z.strictObject({ type: z.literal("pigeon"), loft: z.string() }),
  create: () => new InProcessTransport(),
  address: ({ loft }) => `the loft ${loft}`,
});

const PIGEON = { type: "pigeon", loft: "north" };

describe("a transport by its type", () => {
  test("is created from its config, and gives the learner's address", async () => {
    expect(new RunTransport(PIGEON, NETWORK)).toMatchObject({ type: "pigeon", address: "the loft north" });
    expect(await makeTransport(PIGEON, NETWORK)).toBeInstanceOf(InProcessTransport);
    expect(new RunTransport({ type: "grpc" }, { host: "::1", port: 5 }).address).toBe("[::1]:5");
  });

  test("is looked up when it is created, with advice for a mistyped name", async () => {
    await expect(makeTransport({ type: "pigoen" }, NETWORK)).rejects.toThrow(
      'unknown transport type "pigoen". Did you mean "pigeon"? Known: "grpc", "in_process", "pigeon"',
    );
    await expect(makeTransport({ type: "pigeon", loft: 3 }, NETWORK)).rejects.toThrow("loft");
  });

  test("cannot be registered twice", () => {
    const schema = z.strictObject({ type: z.literal("grpc") });
    const type = { schema, create: () => new InProcessTransport(), address: () => "" };
    expect(() => registerTransport("grpc", type)).toThrow('the transport type "grpc" is already registered');
  });

  test("without token and TLS support is refused if a run has either", async () => {
    for (const secret of [{ token: "0123456789abcdef" }, { tls: { certificateAuthority: "PEM" } }]) {
      await expect(makeTransport(PIGEON, { ...NETWORK, ...secret })).rejects.toThrow(/applies neither a token nor TLS/);
    }
    await makeTransport({ type: "grpc" }, { ...NETWORK, token: "0123456789abcdef" });
  });

  test("that does not connect processes names those that do", () => {
    expect(() => new RunTransport({ type: "in_process" }, NETWORK).requireSeveralProcesses()).toThrow(
      /handrail.transport.type: "in_process" joins a learner and an actor of one process.*Choose "grpc" or "pigeon"/,
    );
    new RunTransport({ type: "grpc" }, NETWORK).requireSeveralProcesses();
  });

  test("reports the learner's address to the doctor, unless it has other findings", async () => {
    const finding = { level: "ok", what: "learner and actors meet at the loft north (pigeon)" };
    expect(await new RunTransport(PIGEON, NETWORK).inspect()).toEqual([finding]);
    expect(await new RunTransport({ type: "grpc" }, { host: "learner.invalid", port: 1 }).inspect()).toMatchObject([
      { level: "error" },
    ]);
  });
});

test.each(["grpc", "in_process"])("%s has its settings from the config", async (type) => {
  const transport = await makeTransport({ type, max_message_bytes: 2000, batch_bytes: 1024 }, NETWORK);
  const learner = await transport.createLearner(new RecordingLearner().options);
  const actor = await transport.createActor();
  const text = { scalars: {}, metadata: { text: "x".repeat(2000) } };
  await expect(actor.sendInteraction(text)).rejects.toMatchObject({
    code: "too-large",
    message: /maxMessageBytes is 2000/,
  });
  await actor.close(0);
  await learner.close();
  await expect(makeTransport({ type, max_actors: 0 }, NETWORK)).rejects.toThrow("max_actors");
});
