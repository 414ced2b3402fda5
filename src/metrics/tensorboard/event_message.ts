/** The messages of TensorBoard's `event.proto` and `summary.proto` that scalars need, in protobuf's wire format. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** Version at the beginning of every event file; readers refuse others. */
const FILE_VERSION = "brain.Event:2";
const SESSION_START = 1;

export interface ScalarValue {
  readonly tag: string;
  readonly value: number;
  /** Shown beside the chart; required only with a tag's first value. Markdown. */
  readonly description?: string;
}

export function fileVersionEvent(timeS: number): Uint8Array {
  return event(timeS, 0).tag(3, WireType.LengthDelimited).string(FILE_VERSION).finish();
}

/** Makes readers drop an earlier process's values at `step` and later. */
export function sessionStartEvent(timeS: number, step: number): Uint8Array {
  const log = new BinaryWriter().tag(1, WireType.Varint).int32(SESSION_START).finish();
  return event(timeS, step).tag(7, WireType.LengthDelimited).bytes(log).finish();
}

export function scalarsEvent(timeS: number, step: number, values: readonly ScalarValue[]): Uint8Array {
  const summary = new BinaryWriter();
  for (const value of values) summary.tag(1, WireType.LengthDelimited).bytes(summaryValue(value));
  return event(timeS, step).tag(5, WireType.LengthDelimited).bytes(summary.finish()).finish();
}

/** The fields of every `Event`; the oneof follows. */
function event(timeS: number, step: number): BinaryWriter {
  return new BinaryWriter().tag(1, WireType.Bit64).double(timeS).tag(2, WireType.Varint).int64(step);
}

function summaryValue({ tag, value, description }: ScalarValue): Uint8Array {
  const message = new BinaryWriter().tag(1, WireType.LengthDelimited).string(tag);
  // Rounded first: the writer refuses finite values beyond float32, and a diverging run has them.
  message.tag(2, WireType.Bit32).float(Math.fround(value));
  if (description !== undefined) message.tag(9, WireType.LengthDelimited).bytes(summaryMetadata(description));
  return message.finish();
}

function summaryMetadata(description: string): Uint8Array {
  const plugin = new BinaryWriter().tag(1, WireType.LengthDelimited).string("scalars").finish();
  const metadata = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(plugin);
  return metadata.tag(3, WireType.LengthDelimited).string(description).finish();
}
