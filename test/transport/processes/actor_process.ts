/**
 * An actor to be killed: sends numbered transitions as fast as possible, and prints the sequence of each one that the
 * outbox accepted. On SIGTERM it flushes and prints "done".
 *
 * Arguments: port, outbox folder, milliseconds between transitions.
 */

import { numbered } from "../../../src/transport/conformance/harness.ts";
import { GrpcTransport } from "../../../src/transport/index.ts";

const [port, directory, periodMs] = process.argv.slice(2);
let stopping = false;
process.once("SIGTERM", () => {
  stopping = true;
});
const actor = await new GrpcTransport({ host: "127.0.0.1", port: Number(port) }).createActor({
  outbox: { directory: directory! },
  sendDeadlineS: 60,
  onEvent: (event) => console.error(`${event.code}: ${event.message}`),
});
let number = 0;
while (!stopping) {
  const { sequence } = await actor.sendTransition(numbered(number++, 500));
  process.stdout.write(`${sequence}\n`);
  await new Promise((resolve) => setTimeout(resolve, Number(periodMs)));
}
await actor.flush(30);
const { unsent } = await actor.close();
process.stdout.write(`done ${actor.session} ${unsent}\n`);
