/** Reads TensorBoard event files from their documented format, independent of the writer. */

export interface ReadEvent {
  readonly timeS: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly sessionStatus?: number;
  readonly values: readonly { tag: string; value: number; plugin?: string; description?: string }[];
}

type Field = { number: number; value: Buffer };

/** @throws Error for a wrong length or checksum. */
export function readEventFile(file: Buffer): ReadEvent[] {
  const events: ReadEvent[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    if (file.readUInt32LE(at + 8) !== masked(file.subarray(at, at + 8))) throw new Error(`length checksum at ${at}`);
    if (file.readUInt32LE(at + 12 + length) !== masked(data)) throw new Error(`data checksum at ${at}`);
    events.push(readEvent(data));
    at += 12 + length + 4;
  }
  return events;
}

function readEvent(data: Buffer): ReadEvent {
  const all = fields(data);
  const [version, session] = [one(all, 3), one(all, 7)];
  return {
    timeS: one(all, 1)!.readDoubleLE(),
    step: varint(one(all, 2)!, 0)[0],
    ...(version && { fileVersion: version.toString() }),
    ...(session && { sessionStatus: varint(one(fields(session), 1)!, 0)[0] }),
    values: all
      .filter(({ number }) => number === 5)
      .flatMap(({ value }) => fields(value).map((field) => readValue(field.value))),
  };
}

function readValue(data: Buffer): ReadEvent["values"][number] {
  const all = fields(data);
  const metadata = one(all, 9);
  const plugin = metadata && one(fields(metadata), 1);
  return {
    tag: one(all, 1)!.toString(),
    value: one(all, 2)!.readFloatLE(),
    ...(plugin && { plugin: one(fields(plugin), 1)!.toString() }),
    ...(metadata && { description: one(fields(metadata), 3)!.toString() }),
  };
}

function one(all: readonly Field[], number: number): Buffer | undefined {
  return all.find((field) => field.number === number)?.value;
}

/** A varint field's value is its bytes. */
function fields(data: Buffer): Field[] {
  const found: Field[] = [];
  for (let at = 0; at < data.length; ) {
    const [key, start] = varint(data, at);
    const [length, begin] = fieldLength(data, start, key & 7);
    found.push({ number: key >>> 3, value: data.subarray(begin, begin + length) });
    at = begin + length;
  }
  return found;
}

function fieldLength(data: Buffer, at: number, wireType: number): [length: number, begin: number] {
  if (wireType === 0) return [varint(data, at)[1] - at, at];
  if (wireType === 1) return [8, at];
  if (wireType === 2) return varint(data, at);
  if (wireType === 5) return [4, at];
  throw new Error(`wire type ${wireType} at ${at}`);
}

function varint(data: Buffer, at: number): [value: number, next: number] {
  for (let value = 0, factor = 1; ; factor *= 128) {
    const byte = data[at++]!;
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at];
  }
}

/** CRC-32C bit by bit, then TFRecord's mask. */
function masked(data: Buffer): number {
  let crc = 0xffffffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}
