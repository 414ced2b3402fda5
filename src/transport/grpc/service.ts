/**
 * The generated service with decoders that never throw. grpc-js answers a decoder's exception with a meaningless status;
 * this way the handler sees the problem and refuses with the reason.
 */
import type { OutgoingChunk } from "../codec/chunks.ts";
import { concatenate, fieldHeader, lengthOf } from "../codec/pieces.ts";
import { TransportError } from "../errors.ts";
import {
  Acknowledgement,
  InteractionMessage,
  LearnerServiceDefinition,
  Parameters,
  Transition,
} from "../generated/transport/services.ts";
import type { OutgoingRecordFrame } from "./frames.ts";

export interface Undecodable {
  readonly undecodable: string;
}

interface Encoder<T> {
  encode(message: T): { finish(): Uint8Array };
}

interface Decoder<T> {
  decode(bytes: Uint8Array): T;
}

function method<RequestIn, RequestOut, ReplyIn, ReplyOut, RequestStream extends boolean, ReplyStream extends boolean>(
  definition: { readonly name: string; readonly requestStream: RequestStream; readonly responseStream: ReplyStream },
  request: { readonly serialize: (message: RequestIn) => Uint8Array } & Decoder<RequestOut>,
  reply: { readonly serialize: (message: ReplyIn) => Uint8Array } & Decoder<ReplyOut>,
) {
  return {
    path: `/${LearnerServiceDefinition.fullName}/${definition.name}`,
    requestStream: definition.requestStream,
    responseStream: definition.responseStream,
    requestSerialize: request.serialize,
    requestDeserialize: (bytes: Uint8Array): RequestOut | Undecodable => {
      try {
        return request.decode(bytes);
      } catch (error) {
        return { undecodable: error instanceof Error ? error.message : String(error) };
      }
    },
    responseSerialize: reply.serialize,
    responseDeserialize: (bytes: Uint8Array): ReplyOut => reply.decode(bytes),
    options: {},
  };
}

/** A small message: the generated code handles both directions. */
function whole<T>(type: Encoder<T> & Decoder<T>) {
  return {
    serialize: (message: T) => type.encode(message).finish(),
    decode: (bytes: Uint8Array) => type.decode(bytes),
  };
}

const DATA_FIELD = 2;
const NO_DATA = { data: new Uint8Array(0) };

/** A frame: its pieces are copied straight into the encoded message. */
function frame<Head extends OutgoingChunk, T extends { readonly data: Uint8Array }>(
  type: Encoder<Omit<Head, "pieces"> & { readonly data: Uint8Array }> & Decoder<T>,
) {
  return {
    serialize: (message: Head) => {
      const head = type.encode({ ...message, ...NO_DATA }).finish();
      return concatenate([head, fieldHeader(DATA_FIELD, lengthOf(message.pieces)), ...message.pieces]);
    },
    decode: (bytes: Uint8Array) => type.decode(bytes),
  };
}

const { ready, streamParameters, sendTransitions, sendInteractions } = LearnerServiceDefinition.methods;
const acknowledgement = whole(Acknowledgement);

export const learnerService = {
  ready: method(ready, whole(ready.requestType), whole(ready.responseType)),
  streamParameters: method(
    streamParameters,
    whole(streamParameters.requestType),
    frame<OutgoingChunk, Parameters>(Parameters),
  ),
  sendTransitions: method(sendTransitions, frame<OutgoingRecordFrame, Transition>(Transition), acknowledgement),
  sendInteractions: method(
    sendInteractions,
    frame<OutgoingRecordFrame, InteractionMessage>(InteractionMessage),
    acknowledgement,
  ),
} as const;

/** @throws TransportError `malformed`. */
export function decoded<T extends object>(message: T | Undecodable): T {
  if ("undecodable" in message) throw new TransportError("malformed", `not a protobuf message: ${message.undecodable}`);
  return message;
}
