import { expect, test } from "vitest";
import { decodeRecording, type EpisodeRecording, encodeRecording } from "./recording_format.ts";

const RECORDING: EpisodeRecording = {
  format: 1,
  bodies: 2,
  steps: 3,
  control_frequency_hz: 10,
  trace: { episode: 4, length: 3, episodic_return: 1, interventions: [[0, 2]], outcome: "success", undone: false },
  tracks: [
    { name: "action", labels: ["x", "gripper"] },
    { name: "reward", labels: ["reward"] },
  ],
  cameras: [],
  values: [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(0, 0, 1)],
  poses: Float32Array.from({ length: 42 }, (_, i) => i / 7),
};

test("a recording is decoded as it was encoded", () => {
  expect(decodeRecording(encodeRecording(RECORDING).buffer)).toEqual(RECORDING);
});

test("a truncated recording is refused with its episode number", () => {
  const bytes = encodeRecording(RECORDING).slice(0, -4);
  expect(() => decodeRecording(bytes.buffer)).toThrow("the recording of episode 4 is truncated");
});

test("bytes that are not a recording are refused", () => {
  expect(() => decodeRecording(new TextEncoder().encode("hello").slice().buffer)).toThrow("not an episode recording");
});
