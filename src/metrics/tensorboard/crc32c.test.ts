import { expect, it } from "vitest";
import { crc32c, maskedCrc32c } from "./crc32c.ts";
import { frameRecord } from "./record.ts";

it.each([
  ["the check string", Buffer.from("123456789"), 0xe3069283],
  ["32 zeros (RFC 3720, B.4)", new Uint8Array(32), 0x8a9136aa],
  ["32 ones (RFC 3720, B.4)", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["0 to 31 (RFC 3720, B.4)", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["nothing", new Uint8Array(0), 0],
])("CRC-32C of %s", (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

it("frames 24 bytes as TensorFlow begins its event files", () => {
  // Length 24 and its masked CRC: the first 12 bytes of every file of version "brain.Event:2".
  expect(
    Buffer.from(frameRecord(new Uint8Array(24)))
      .subarray(0, 12)
      .toString("hex"),
  ).toBe("1800000000000000a37f4b22");
});

it("ends a record with the masked CRC of its data", () => {
  const frame = frameRecord(Uint8Array.of(1, 2, 3));
  expect(frame).toHaveLength(12 + 3 + 4);
  expect(new DataView(frame.buffer).getUint32(15, true)).toBe(maskedCrc32c(Uint8Array.of(1, 2, 3)));
});
