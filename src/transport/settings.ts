/** Every size and every deadline of the transport in one place, with defaults that suit one robot on one LAN. */
import { z } from "zod";
import { MAX_BATCH_RECORDS } from "./protocol.ts";

const MEBIBYTE = 2 ** 20;

const bytes = z.int().min(1024);
const seconds = z.number().positive().max(3600);

/** What the sessions on both sides of any medium go by. */
const sessionSettings = {
  maxMessageBytes: bytes
    .max(1024 * MEBIBYTE)
    .default(16 * MEBIBYTE)
    .describe("Largest batch of records a learner takes, and so the largest single transition."),
  maxWeightsBytes: bytes
    .max(2047 * MEBIBYTE)
    .default(512 * MEBIBYTE)
    .describe(
      "Largest set of weights, and the most memory for older ones that slow actors have not read to their end.",
    ),
  batchBytes: bytes
    .default(MEBIBYTE)
    .describe("A sender closes a batch at this size (one larger transition travels alone)."),
  batchRecords: z
    .int()
    .min(1)
    .max(MAX_BATCH_RECORDS)
    .default(256)
    .describe("A sender closes a batch at this many records."),
  maxInFlightBytes: bytes
    .default(8 * MEBIBYTE)
    .describe("How much an actor sends ahead of the learner's acknowledgements."),
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
  keepAliveTimeoutS: seconds.default(2).describe("How long such a probe may take."),
  messageTimeoutS: seconds
    .default(30)
    .describe("From a message's first frame to its last, and from a stream's start to its opening frame."),
  readTimeoutS: seconds
    .default(30)
    .describe("How long an actor may leave a frame of weights unread before its stream is ended."),
});

export type TransportSettings = z.infer<typeof TransportSettingsSchema>;
export type TransportSettingsInput = z.input<typeof TransportSettingsSchema>;

/** @throws TypeError that names every setting which is unknown or out of range. */
export function resolveSettings(input: TransportSettingsInput = {}): TransportSettings {
  const result = TransportSettingsSchema.safeParse(input);
  if (!result.success) throw new TypeError(`transport settings: ${z.prettifyError(result.error)}`);
  return result.data;
}

/** The settings of sessions as keys of a config: `max_actors` is `maxActors`. */
export const sessionConfigFields = configFields(sessionSettings);

/** All settings as keys of a config. */
export const transportConfigFields = configFields(TransportSettingsSchema.shape);

/** The settings that a config with such keys has; its other keys are left out. */
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
