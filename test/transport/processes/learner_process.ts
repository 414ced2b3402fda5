/**
 * A learner to be killed. It stores received records in one of the two ways a real one can:
 *
 * - `journal`: every batch is appended to a file before it counts as taken; a restart rebuilds the state from the file.
 * - `checkpoint`: batches stay in memory; a checkpoint file with the records and the transport's state replaces the
 *   last one several times a second, and only then may actors forget.
 *
 * Arguments: port, folder, mode, milliseconds per batch.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GrpcTransport, type LearnerTransportState, type ReceivedTransition } from "../../../src/transport/index.ts";

const [port, folder, mode, slownessMs] = process.argv.slice(2);
const journalPath = join(folder!, "taken.txt");
const checkpointPath = join(folder!, "checkpoint.json");
const transport = new GrpcTransport({ host: "127.0.0.1", port: Number(port) });
const lineOf = ({ id }: ReceivedTransition) => `${id.session} ${id.sequence}`;
const slow = () => new Promise((resolve) => setTimeout(resolve, Number(slownessMs)));
const onEvent = (event: { code: string; message: string }) => console.error(`${event.code}: ${event.message}`);

if (mode === "journal") await runWithJournal();
else await runWithCheckpoints();
process.stdout.write("listening\n");

async function runWithJournal(): Promise<void> {
  const transitions: Record<string, number> = {};
  if (existsSync(journalPath)) {
    const text = readFileSync(journalPath, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    truncateSync(journalPath, whole.length);
    for (const line of whole.split("\n").filter(Boolean)) {
      const [session, sequence] = line.split(" ");
      transitions[session!] = Number(sequence);
    }
  }
  await transport.createLearner({
    state: { version: 1, transitions, interactions: {} },
    onTransitions: async (batch) => {
      await slow();
      appendFileSync(journalPath, `${batch.map(lineOf).join("\n")}\n`);
    },
    onEvent,
  });
}

async function runWithCheckpoints(): Promise<void> {
  const saved: { lines: string[]; state: LearnerTransportState | undefined } = existsSync(checkpointPath)
    ? JSON.parse(readFileSync(checkpointPath, "utf8"))
    : { lines: [], state: undefined };
  const { lines } = saved;
  const learner = await transport.createLearner({
    state: saved.state,
    acknowledgeWhen: "checkpoint",
    onTransitions: async (batch) => {
      await slow();
      lines.push(...batch.map(lineOf));
    },
    onEvent,
  });
  setInterval(async () => {
    const state = await learner.capture((state) => {
      writeFileSync(`${checkpointPath}.new`, JSON.stringify({ lines, state }));
      return state;
    });
    renameSync(`${checkpointPath}.new`, checkpointPath);
    learner.acknowledge(state);
  }, 150);
}
