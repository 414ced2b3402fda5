/** Encodes transitions and episode reports as protobuf records. */
import type { Tensor } from "../../tensor/tensor.ts";
import { TransportError } from "../errors.ts";
import { InteractionRecord, TransitionRecord } from "../generated/transport/services.ts";
import type { InteractionMessage, TransitionMessage } from "../messages.ts";
import { checkFields, decodeUntrusted, type FieldLimits } from "./field_limits.ts";
import { concatenate, fieldHeader, lengthOf } from "./pieces.ts";
import { encodeTensor, MAX_RANK, tensorFromMessage } from "./tensor_codec.ts";

const TENSORS_FIELD = 1;
const MAX_FIELDS = 1024;
const MAX_NAME_BYTES = 256;
const ENTRY: FieldLimits = { fields: 2, bytes: { 1: MAX_NAME_BYTES } };
const TENSOR: FieldLimits = { fields: 4 + MAX_RANK, bytes: { 1: MAX_NAME_BYTES, 3: 5 * MAX_RANK } };
const TRANSITION: FieldLimits = { fields: MAX_FIELDS, nested: { 1: TENSOR, 2: ENTRY, 3: ENTRY } };
const INTERACTION: FieldLimits = { fields: MAX_FIELDS, nested: { 1: ENTRY, 2: ENTRY } };

/** @throws TransportError `malformed` for a transition that the receiver would refuse, so that it fails at the sender. */
export function encodeTransition(message: TransitionMessage): Uint8Array {
  const names = Object.keys(message.tensors);
  const rest = { tensors: [], scalars: toFiniteMap(message.scalars), metadata: toMap(message.metadata) };
  checkNames([...names, ...rest.scalars.keys(), ...rest.metadata.keys()]);
  const pieces: Uint8Array[] = [];
  for (const name of names) {
    const tensor = encodeTensor(name, message.tensors[name]!);
    pieces.push(fieldHeader(TENSORS_FIELD, lengthOf(tensor)), ...tensor);
  }
  return notEmpty(concatenate([...pieces, TransitionRecord.encode(rest).finish()]));
}

export function decodeTransition(encoded: Uint8Array): TransitionMessage {
  return decodeUntrusted("transition", () => {
    checkFields(encoded, TRANSITION, "transition");
    const record = TransitionRecord.decode(encoded);
    const tensors = nameTable<Tensor>();
    for (const message of record.tensors) {
      if (Object.hasOwn(tensors, message.name)) {
        throw new TransportError("malformed", `two tensors are named "${message.name}"`);
      }
      tensors[message.name] = tensorFromMessage(message);
    }
    return { tensors, scalars: fromFiniteMap(record.scalars), metadata: fromMap(record.metadata) };
  });
}

/** @throws TransportError `malformed` for a number that is not finite. */
export function encodeInteraction(message: InteractionMessage): Uint8Array {
  const record = { scalars: toFiniteMap(message.scalars), metadata: toMap(message.metadata) };
  checkNames([...record.scalars.keys(), ...record.metadata.keys()]);
  return notEmpty(InteractionRecord.encode(record).finish());
}

export function decodeInteraction(encoded: Uint8Array): InteractionMessage {
  return decodeUntrusted("interaction", () => {
    checkFields(encoded, INTERACTION, "interaction");
    const record = InteractionRecord.decode(encoded);
    return { scalars: fromFiniteMap(record.scalars), metadata: fromMap(record.metadata) };
  });
}

/** On the wire an empty record stands for a lost one. */
function notEmpty(encoded: Uint8Array): Uint8Array {
  if (encoded.length === 0) throw new TransportError("malformed", "a record has no parts");
  return encoded;
}

/** Names are untrusted: without a prototype no name is special. */
function nameTable<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

function checkNames(names: readonly string[]): void {
  if (names.length > MAX_FIELDS) {
    throw new TransportError("malformed", `a record has ${names.length} parts, at most ${MAX_FIELDS} fit`);
  }
  const long = names.find((name) => Buffer.byteLength(name) > MAX_NAME_BYTES);
  if (long !== undefined) {
    throw new TransportError("malformed", `the name "${long.slice(0, 40)}…" is over ${MAX_NAME_BYTES} bytes`);
  }
}

function toMap<T>(table: Readonly<Record<string, T>>): Map<string, T> {
  return new Map(Object.entries(table));
}

function fromMap<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  const table = nameTable<T>();
  for (const [name, value] of map) table[name] = value;
  return table;
}

function toFiniteMap(table: Readonly<Record<string, number>>): Map<string, number> {
  const map = toMap(table);
  checkFinite(map);
  return map;
}

function fromFiniteMap(map: ReadonlyMap<string, number>): Record<string, number> {
  checkFinite(map);
  return fromMap(map);
}

function checkFinite(map: ReadonlyMap<string, number>): void {
  for (const [name, value] of map) {
    if (!Number.isFinite(value)) throw new TransportError("malformed", `scalar "${name}" is ${value}, not finite`);
  }
}
