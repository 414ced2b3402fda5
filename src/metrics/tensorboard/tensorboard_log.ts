/** Writes a run's scalars to a TensorBoard event file: `tensorboard --logdir <output_dir>/tensorboard`. */
import { hostname } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { EventFile, type EventFileOptions } from "../files/event_file.ts";
import { recentShares } from "../learning_curve.ts";
import { ProgressCount } from "../progress_count.ts";
import type { RunEvent } from "../run_event.ts";
import type { RunEvents } from "../run_events.ts";
import { RunHistory } from "../run_history.ts";
import { fileVersionEvent, type ScalarValue, scalarsEvent, sessionStartEvent } from "./event_message.ts";
import { frameRecord } from "./record.ts";
import { scalarsOf } from "./scalars.ts";

const MAX_DESCRIBED = 10_000;

export interface TensorBoardLogOptions extends EventFileOptions {
  /** Events from before the run was resumed, so that its moving shares continue. */
  readonly history?: Iterable<RunEvent>;
}

/**
 * Writes the scalars of every future event to a new `events.out.tfevents.*` file in `folder`, which is created. Steps are
 * environment steps of all actors, or updates in a run without actors. When a run resumes, its values after the checkpoint
 * are replaced.
 */
export async function openTensorBoardLog(
  folder: string,
  events: RunEvents,
  { history = [], ...options }: TensorBoardLogOptions = {},
): Promise<EventFile> {
  await makeFolder(folder);
  const nowS = Date.now() / 1000;
  const name = `events.out.tfevents.${Math.floor(nowS)}.${hostname()}.${process.pid}.${process.hrtime.bigint()}`;
  const encode = makeEncoder(RunHistory.of(history));
  const head = frameRecord(fileVersionEvent(nowS));
  return EventFile.open({ name: "TensorBoard log", path: join(folder, name), head, encode }, events, options);
}

function makeEncoder(history: RunHistory): (event: RunEvent) => Uint8Array | undefined {
  const described = new Set<string>();
  const count = new ProgressCount();
  const describedOnce = ({ tag, value, ...rest }: ScalarValue): ScalarValue => {
    if (described.has(tag)) return { tag, value };
    // Tags contain actors' names; describing one twice is harmless.
    if (described.size >= MAX_DESCRIBED) described.clear();
    described.add(tag);
    return { tag, value, ...rest };
  };
  return (event) => {
    history.add(event);
    const { time_s } = event;
    const step = count.at(event);
    if (event.type === "run_started") return frameRecord(sessionStartEvent(time_s, step + 1));
    const scalars = scalarsOf(event, recentShares(history));
    if (scalars.length === 0) return undefined;
    return frameRecord(scalarsEvent(time_s, step, scalars.map(describedOnce)));
  };
}
