/** Lists the operators of an ONNX model, to count emitted ones. Field numbers as in onnx.proto3. */
import { BinaryReader } from "@bufbuild/protobuf/wire";

export interface ReadNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

type Fields = ReadonlyMap<number, readonly Uint8Array[]>;

/** The length-delimited fields of a message; the others are skipped. */
function fields(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const found = new Map<number, Uint8Array[]>();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === 2) found.set(field, [...(found.get(field) ?? []), reader.bytes()]);
    else reader.skip(wireType, field);
  }
  return found;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export function readNodes(model: Uint8Array): ReadNode[] {
  const graph = fields(fields(model).get(7)![0]!);
  return (graph.get(1) ?? []).map((bytes) => {
    const node = fields(bytes);
    return {
      type: text(node.get(4)![0]!),
      inputs: (node.get(1) ?? []).map(text),
      outputs: (node.get(2) ?? []).map(text),
    };
  });
}

/** How many operators of each type the model holds. */
export function countNodes(model: Uint8Array): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of readNodes(model)) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}
