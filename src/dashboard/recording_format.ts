/**
 * The file format of a recorded episode: its timeline entry, the poses of every step, then the tracks measured at every
 * step. Written by the server, read by the page.
 *
 *     u32 length of the header (little-endian, padded to a multiple of 4), header as JSON,
 *     f32 × steps × bodies × 7, then per track f32 × steps × size
 */
import { z } from "zod";
import { EpisodeTraceSchema } from "./protocol.ts";

const POSE_SIZE = 7;

export const TrackSchema = z.strictObject({
  /** "action", "reward", … */
  name: z.string(),
  /** One per value of a step. */
  labels: z.array(z.string()).min(1),
});
export type Track = z.output<typeof TrackSchema>;

export const RecordingHeaderSchema = z.strictObject({
  format: z.literal(1),
  /** 0 if only tracks and images were recorded. */
  bodies: z.int().min(0),
  steps: z.int().min(0),
  control_frequency_hz: z.number().positive(),
  trace: EpisodeTraceSchema,
  tracks: z.array(TrackSchema).default([]),
  /** Cameras whose images can be requested for every step. */
  cameras: z.array(z.string()).default([]),
});
export type RecordingHeader = z.output<typeof RecordingHeaderSchema>;

export interface EpisodeRecording extends RecordingHeader {
  /** steps × bodies × 7. */
  readonly poses: Float32Array;
  /** Per track: steps × labels. */
  readonly values: readonly Float32Array[];
}

export function encodeRecording({ poses, values, ...header }: EpisodeRecording): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 4) * 4;
  const parts = [poses, ...values];
  const total = parts.reduce((sum, part) => sum + part.byteLength, 4 + padded);
  const bytes = new Uint8Array(total).fill(0x20, 4, 4 + padded);
  new DataView(bytes.buffer).setUint32(0, padded, true);
  bytes.set(text, 4);
  let at = 4 + padded;
  for (const part of parts) {
    new Float32Array(bytes.buffer, at, part.length).set(part);
    at += part.byteLength;
  }
  return bytes;
}

/** Decodes the header; the rest may be truncated. @throws Error if the bytes are not a recording. */
export function decodeRecordingHeader(buffer: ArrayBuffer): { readonly header: RecordingHeader; readonly end: number } {
  const headerBytes = buffer.byteLength >= 4 ? new DataView(buffer).getUint32(0, true) : 0;
  if (headerBytes === 0 || headerBytes % 4 !== 0 || 4 + headerBytes > buffer.byteLength) {
    throw new Error("this is not an episode recording");
  }
  const text = new TextDecoder().decode(new Uint8Array(buffer, 4, headerBytes));
  return { header: RecordingHeaderSchema.parse(JSON.parse(text)), end: 4 + headerBytes };
}

/** @throws Error if the bytes are not a complete recording. */
export function decodeRecording(buffer: ArrayBuffer): EpisodeRecording {
  const { header, end } = decodeRecordingHeader(buffer);
  const sizes = [header.bodies * POSE_SIZE, ...header.tracks.map(({ labels }) => labels.length)];
  const expected = sizes.reduce((sum, size) => sum + header.steps * size * 4, 0);
  if (buffer.byteLength - end !== expected) {
    throw new Error(`the recording of episode ${header.trace.episode} is truncated`);
  }
  let at = end;
  const [poses, ...values] = sizes.map((size) => {
    const part = new Float32Array(buffer, at, header.steps * size);
    at += part.byteLength;
    return part;
  });
  return { ...header, poses: poses!, values };
}
