/** Logs numbered events until it is killed; prints every number that was flushed to the file. */
import { openRunLog, RunEvents } from "../../../src/metrics/index.ts";
import { training } from "../events.ts";

const events = new RunEvents();
const log = await openRunLog(process.argv[2]!, events, { flushIntervalS: 0.01 });
for (let step = Number(process.argv[3]); ; step++) {
  events.emit(training({ step, metrics: { loss_critic: 1 / (step + 1) } }));
  if (step % 100 !== 0) continue;
  await log.flush();
  process.stdout.write(`${step}\n`);
}
