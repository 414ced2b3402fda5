/**
 * The file of a recorded episode: what the timeline knows of it, then the poses of every step. Read by the page.
 *
 *     u32 length of the header (little-endian, padded to a multiple of 4), header as JSON, f32 × steps × bodies × 7
 */
import { z } from "zod";
import { EpisodeTraceSchema } from "./protocol.ts";

const POSE_SIZE = 7;

export const RecordingHeaderSchema = z.strictObject({
  format: z.literal(1),
  bodies: z.int().min(1),
  steps: z.int().min(0),
  control_frequency_hz: z.number().positive(),
  trace: EpisodeTraceSchema,
});
export type RecordingHeader = z.output<typeof RecordingHeaderSchema>;

export interface EpisodeRecording extends RecordingHeader {
  /** steps × bodies × 7. */
  readonly poses: Float32Array;
}

export function encodeRecording({ poses, ...header }: EpisodeRecording): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 4) * 4;
  const bytes = new Uint8Array(4 + padded + poses.byteLength).fill(0x20, 4, 4 + padded);
  new DataView(bytes.buffer).setUint32(0, padded, true);
  bytes.set(text, 4);
  new Float32Array(bytes.buffer, 4 + padded).set(poses);
  return bytes;
}

/** @throws Error when the bytes are no whole recording. */
export function decodeRecording(buffer: ArrayBuffer): EpisodeRecording {
  const headerBytes = buffer.byteLength >= 4 ? new DataView(buffer).getUint32(0, true) : 0;
  if (headerBytes === 0 || headerBytes % 4 !== 0 || 4 + headerBytes > buffer.byteLength) {
    throw new Error("this is no recording of an episode");
  }
  const text = new TextDecoder().decode(new Uint8Array(buffer, 4, headerBytes));
  const header = RecordingHeaderSchema.parse(JSON.parse(text));
  const expected = header.steps * header.bodies * POSE_SIZE * 4;
  if (buffer.byteLength - 4 - headerBytes !== expected) {
    throw new Error(`the recording of episode ${header.trace.episode} is cut short`);
  }
  return { ...header, poses: new Float32Array(buffer, 4 + headerBytes) };
}
