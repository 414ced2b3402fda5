/** The other process of the transport benchmark: a learner that only counts, or an actor that reports new weights. */
import { GrpcTransport } from "../src/transport/index.ts";

const [role, port] = process.argv.slice(2);
const transport = new GrpcTransport({ host: "127.0.0.1", port: Number(port) });

if (role === "learner") {
  const learner = await transport.createLearner({ onTransitions: () => {} });
  process.send!({ port: Number(learner.address.split(":")[1]) });
} else {
  const actor = await transport.createActor();
  await actor.ready(30);
  process.send!({ version: -1 });
  for (;;) {
    const { version } = await actor.waitForWeights(3600);
    process.send!({ version });
  }
}
