/** Every size and every deadline of the transport in one place, with defaults that suit one robot on one LAN. */
import { z } from "zod";
import { MAX_BATCH_RECORDS } from "./protocol.ts";

const MEBIBYTE = 2 ** 20;

const bytes = z.int().min(1024);
const seconds = z.number().positive().max(3600);

export const TransportSettingsSchema = z.strictObject({
  /** Payload bytes per frame. 2 MiB frames are about twice as fast as 64 KiB ones. */
  chunkBytes: bytes.max(64 * MEBIBYTE).default(2 * MEBIBYTE),
  /** Largest batch of records a learner takes, and so the largest single transition. */
  maxMessageBytes: bytes.max(1024 * MEBIBYTE).default(16 * MEBIBYTE),
  /** Largest set of weights, and the most memory for older ones that slow actors have not read to their end. */
  maxWeightsBytes: bytes.max(2047 * MEBIBYTE).default(512 * MEBIBYTE),
  /** A sender closes a batch at this size (one larger transition travels alone). */
  batchBytes: bytes.default(MEBIBYTE),
  /** A sender closes a batch at this many records. */
  batchRecords: z.int().min(1).max(MAX_BATCH_RECORDS).default(256),
  /** How much an actor sends ahead of the learner's acknowledgements. */
  maxInFlightBytes: bytes.default(8 * MEBIBYTE),
  /** Actors connected at the same time. */
  maxActors: z.int().min(1).max(10_000).default(64),
  /** Actor sessions with records that a learner remembers over its life (each costs about 100 bytes in the checkpoint). */
  maxSessions: z.int().min(1).max(1_000_000).default(10_000),
  /** One attempt to connect, handshake included. */
  connectTimeoutS: seconds.default(2),
  /** Longest pause between two attempts to connect. */
  maxReconnectDelayS: seconds.default(1),
  /** Silence after which a connection is probed, and how long the probe may take. */
  keepAliveS: seconds.default(2),
  keepAliveTimeoutS: seconds.default(2),
  /** From a message's first frame to its last, and from a stream's start to its opening frame. */
  messageTimeoutS: seconds.default(30),
  /** How long an actor may leave a frame of weights unread before its stream is ended. */
  readTimeoutS: seconds.default(30),
});

export type TransportSettings = z.infer<typeof TransportSettingsSchema>;
export type TransportSettingsInput = z.input<typeof TransportSettingsSchema>;

/** @throws TypeError that names every setting which is unknown or out of range. */
export function resolveSettings(input: TransportSettingsInput = {}): TransportSettings {
  const result = TransportSettingsSchema.safeParse(input);
  if (!result.success) throw new TypeError(`transport settings: ${z.prettifyError(result.error)}`);
  return result.data;
}
