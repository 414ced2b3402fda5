/**
 * The books of a run whose processes have ended. One side is what every actor's outbox has accepted, by id; the other what
 * the learner's last checkpoint holds. All transitions of the arm differ, so each row of a buffer identifies its id.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkpointStoreOf } from "../../src/learning/run_folder/run_folder.ts";
import type { Transition } from "../../src/replay/transition.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { replayFeaturesOf } from "../../src/settings/replay_features.ts";
import { TransitionCodec } from "../../src/spec/transition_message.ts";
import { decodeTransition } from "../../src/transport/codec/record_codec.ts";
import { Journal } from "../../src/transport/outbox/journal.ts";

/** Sequences by session. */
export type Ledger = Readonly<Record<string, readonly number[]>>;

export interface Books {
  /** Records acknowledged to actors, in order. */
  readonly accepted: Ledger;
  /** Contents of the online buffer, in order: lost records are missing, doubled ones appear twice. */
  readonly stored: Ledger;
  /** The learner's watermark per session. */
  readonly marks: Readonly<Record<string, number>>;
  /** Rows of the offline buffer, and the number of accepted transitions with an intervention. */
  readonly offlineRows: number;
  readonly interventions: number;
}

/** @throws Error for a row that no actor has made, and when two accepted transitions are identical. */
export async function readBooks(config: TrainRLServerPipelineConfig): Promise<Books> {
  const folder = config.output_dir!;
  const codec = new TransitionCodec(replayFeaturesOf(config));
  const accepted: Record<string, number[]> = {};
  const ids = new Map<string, { readonly session: string; readonly sequence: number }>();
  let interventions = 0;
  for (const actor of await readdir(join(folder, "outbox"))) {
    const { session, transitions } = await readOutbox(join(folder, "outbox", actor), codec);
    accepted[session] = transitions.map((_, i) => i + 1);
    for (const [i, transition] of transitions.entries()) {
      const key = contentOf(transition);
      if (ids.has(key)) throw new Error(`transition ${i + 1} of ${actor} is the same as another`);
      ids.set(key, { session, sequence: i + 1 });
      if (transition.complementaryInfo?.is_intervention) interventions += 1;
    }
  }
  const saved = await checkpointStoreOf(folder, config).load();
  const { online, offline } = saved.buffers;
  const stored: Record<string, number[]> = Object.fromEntries(Object.keys(accepted).map((session) => [session, []]));
  for (let row = 0; row < online!.size; row++) {
    const id = ids.get(contentOf(online!.at(row)));
    if (id === undefined) throw new Error(`no actor has made what is in row ${row} of the online buffer`);
    stored[id.session]!.push(id.sequence);
  }
  await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
  const { transport } = saved.runState as { transport: { transitions: Record<string, number> } };
  return { accepted, stored, marks: transport.transitions, offlineRows: offline!.size, interventions };
}

/** Journals are deleted by the segment, and runs of a few minutes never fill one: everything is still there. */
async function readOutbox(directory: string, codec: TransitionCodec) {
  const { session } = JSON.parse(await readFile(join(directory, "session.json"), "utf8")) as { session: string };
  const journal = await Journal.open({ directory, name: "transitions", segmentBytes: 2 ** 26, syncToDisk: false });
  const records = journal.last === 0 ? [] : await journal.read(1, Infinity, Infinity);
  await journal.close();
  return { session, transitions: records.map((record) => codec.fromMessage(decodeTransition(record))) };
}

function contentOf({ observation, action, nextObservation }: Transition): string {
  const arrays = [observation, nextObservation].flatMap((each) =>
    Object.keys(each)
      .sort()
      .map((key) => each[key]!),
  );
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of [...arrays, action]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("base64");
}
