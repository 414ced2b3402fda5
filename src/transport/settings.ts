/** All sizes and deadlines of the transport, with defaults for one robot on one LAN. */
import { z } from "zod";
import { MAX_BATCH_RECORDS } from "./protocol.ts";

const MEBIBYTE = 2 ** 20;

const bytes = z.int().min(1024);
const seconds = z.number().positive().max(3600);

/** Settings of sessions, on both sides of any medium. */
const sessionSettings = {
  maxMessageBytes: bytes
    .max(1024 * MEBIBYTE)
    .default(16 * MEBIBYTE)
    .describe("Largest batch of records that a learner accepts, and so the largest single transition."),
  maxWeightsBytes: bytes
    .max(2047 * MEBIBYTE)
    .default(512 * MEBIBYTE)
    .describe("Largest set of weights, and memory limit for older weights that slow actors are still reading."),
  batchBytes: bytes
    .default(MEBIBYTE)
    .describe("A sender closes a batch at this size (a larger transition is sent alone)."),
  batchRecords: z
    .int()
    .min(1)
    .max(MAX_BATCH_RECORDS)
    .default(256)
    .describe("A sender closes a batch at this many records."),
  maxInFlightBytes: bytes
    .default(8 * MEBIBYTE)
    .describe("Bytes that an actor sends ahead of the learner's acknowledgements."),
  maxActors: z.int().min(1).max(10_000).default(64).describe("Actors connected at the same time."),
  maxSessions: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe("Actor sessions that a learner remembers over its life; each costs about 100 bytes in the checkpoint."),
  maxReconnectDelayS: seconds.default(1).describe("Longest pause between two attempts to connect."),
};

export const TransportSettingsSchema = z.strictObject({
  ...sessionSettings,
  chunkBytes: bytes
    .max(64 * MEBIBYTE)
    .default(2 * MEBIBYTE)
    .describe("Payload bytes per frame. 2 MiB frames are about twice as fast as 64 KiB ones."),
  connectTimeoutS: seconds.default(2).describe("One attempt to connect, handshake included."),
  keepAliveS: seconds.default(2).describe("Silence after which a connection is probed."),
  keepAliveTimeoutS: seconds.default(2).describe("Time limit of a probe."),
  messageTimeoutS: seconds
    .default(30)
    .describe("From a message's first frame to its last, and from a stream's start to its handshake frame."),
  readTimeoutS: seconds
    .default(30)
    .describe("How long an actor may leave a frame of weights unread before its stream is ended."),
});

export type TransportSettings = z.infer<typeof TransportSettingsSchema>;
export type TransportSettingsInput = z.input<typeof TransportSettingsSchema>;

/** @throws TypeError naming every setting that is unknown or out of range. */
export function resolveSettings(input: TransportSettingsInput = {}): TransportSettings {
  const result = TransportSettingsSchema.safeParse(input);
  if (!result.success) throw new TypeError(`transport settings: ${z.prettifyError(result.error)}`);
  return result.data;
}

/** Settings of sessions as config keys: `max_actors` is `maxActors`. */
export const sessionConfigFields = configFields(sessionSettings);

/** All settings as config keys. */
export const transportConfigFields = configFields(TransportSettingsSchema.shape);

/** The settings in a config with these keys; its other keys are left out. */
export function settingsOfConfig(config: Readonly<Record<string, unknown>>): TransportSettings {
  const names = Object.keys(TransportSettingsSchema.shape).filter((name) => configKey(name) in config);
  return resolveSettings(Object.fromEntries(names.map((name) => [name, config[configKey(name)]])));
}

function configFields(settings: Readonly<Record<string, z.ZodType>>): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(Object.entries(settings).map(([name, schema]) => [configKey(name), schema]));
}

function configKey(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
