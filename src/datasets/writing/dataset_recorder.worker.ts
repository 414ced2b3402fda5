/** The worker thread that encodes and stores a recorder's frames, one request after the other. */
import { parentPort, workerData } from "node:worker_threads";
import { DatasetWriter } from "./dataset_writer.ts";
import type { RecorderReply, RecorderRequest, RecorderValue, RecorderWorkerData } from "./recorder_messages.ts";
import { withChannelsLast } from "./write_transitions.ts";

if (parentPort === null) throw new Error("dataset_recorder.worker runs in a worker thread only; use DatasetRecorder");
const port = parentPort;
const data = workerData as RecorderWorkerData;
const writer = data.open === "create" ? DatasetWriter.create(data.options) : DatasetWriter.resume(data.options);
writer.catch(() => {}); // the first reply reports it

let queue: Promise<void> = Promise.resolve();
port.on("message", (request: RecorderRequest) => {
  queue = queue.then(async () => {
    port.postMessage(await reply(request));
    if (request.type === "close") port.close();
  });
});

async function reply(request: RecorderRequest): Promise<RecorderReply> {
  try {
    const value = await answer(await writer, request);
    return value === undefined ? { ok: true } : { ok: true, value };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
}

/** Why the current episode has a gap and must not be saved. */
let spoiled: Error | undefined;

async function answer(dataset: DatasetWriter, request: RecorderRequest): Promise<RecorderValue | undefined> {
  switch (request.type) {
    case "opened":
      return { info: dataset.info, lostEpisode: dataset.lostEpisode };
    case "frame":
    case "step":
      if (spoiled) throw spoiled;
      try {
        const { type, frame, task } = request;
        await dataset.addFrame(type === "step" ? withChannelsLast(frame, dataset.info.features) : frame, task);
      } catch (error) {
        spoiled = error as Error;
        throw error;
      }
      return undefined;
    case "save":
      if (spoiled) throw spoiled;
      return await dataset.saveEpisode({ start: request.start });
    case "discard":
      await dataset.discardEpisode();
      spoiled = undefined;
      return undefined;
    case "close":
      await dataset.close();
      return undefined;
  }
}
