/**
 * The generated service with decoders that never throw. grpc-js answers a decoder's exception with a status that says
 * nothing; this way the handler sees what is wrong and refuses with the reason.
 */
import { TransportError } from "../errors.ts";
import { LearnerServiceDefinition } from "../generated/transport/services.ts";

export interface Undecodable {
  readonly undecodable: string;
}

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

function method<Name extends string, Request, Reply, RequestStream extends boolean, ReplyStream extends boolean>(
  name: Name,
  requestStream: RequestStream,
  request: Codec<Request>,
  responseStream: ReplyStream,
  reply: Codec<Reply>,
) {
  return {
    path: `/${LearnerServiceDefinition.fullName}/${name}`,
    requestStream,
    responseStream,
    requestSerialize: (message: Request) => request.encode(message).finish(),
    requestDeserialize: (bytes: Uint8Array): Request | Undecodable => {
      try {
        return request.decode(bytes);
      } catch (error) {
        return { undecodable: error instanceof Error ? error.message : String(error) };
      }
    },
    responseSerialize: (message: Reply) => reply.encode(message).finish(),
    responseDeserialize: (bytes: Uint8Array): Reply => reply.decode(bytes),
    options: {},
  };
}

const { ready, streamParameters, sendTransitions, sendInteractions } = LearnerServiceDefinition.methods;

export const learnerService = {
  ready: method(ready.name, false, ready.requestType, false, ready.responseType),
  streamParameters: method(
    streamParameters.name,
    false,
    streamParameters.requestType,
    true,
    streamParameters.responseType,
  ),
  sendTransitions: method(sendTransitions.name, true, sendTransitions.requestType, true, sendTransitions.responseType),
  sendInteractions: method(
    sendInteractions.name,
    true,
    sendInteractions.requestType,
    true,
    sendInteractions.responseType,
  ),
} as const;

/** @throws TransportError `malformed`. */
export function decoded<T extends object>(message: T | Undecodable): T {
  if ("undecodable" in message) throw new TransportError("malformed", `not a protobuf message: ${message.undecodable}`);
  return message;
}
