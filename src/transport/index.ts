/** The transport between actors and the learner: see docs/transport.md. */
export { ActorSession } from "./actor/actor_session.ts";
export { decodeBatch, encodeBatch } from "./codec/batch_codec.ts";
export { isTransportErrorCode, TransportError, type TransportErrorCode } from "./errors.ts";
export type { OnEvent, TransportEvent } from "./events.ts";
export type { GrpcOptions } from "./grpc/grpc_options.ts";
export { GrpcTransport } from "./grpc/grpc_transport.ts";
export type { TlsOptions } from "./grpc/security.ts";
export { InProcessTransport } from "./in_process/in_process_transport.ts";
export { LearnerProtocol } from "./learner/learner_protocol.ts";
export { type LearnerTransportState, LearnerTransportStateSchema } from "./learner/received_watermarks.ts";
export type { OfferedWeights } from "./learner/weights_broadcast.ts";
export type { Acknowledgement, Connect, Link, RecordBatch, Refusal, StreamHandshake, WeightsRequest } from "./link.ts";
export type {
  FrozenWeights,
  InteractionMessage,
  PublishedWeights,
  ReceivedInteraction,
  ReceivedTransition,
  ReceivedWeights,
  RecordId,
  RecordKind,
  TransitionMessage,
} from "./messages.ts";
export { makeTransport, registerTransport, transportConfigs } from "./registry.ts";
export { type TransportSettings, type TransportSettingsInput, TransportSettingsSchema } from "./settings.ts";
export type {
  ActorEndpoint,
  ActorOptions,
  ActorStatus,
  ActorTransportMetrics,
  LearnerEndpoint,
  LearnerOptions,
  LearnerTransportMetrics,
  OutboxSettings,
  SenderMetrics,
  Transport,
} from "./transport.ts";
export type { RunNetwork, TransportConfig, TransportFinding, TransportType } from "./transport_type.ts";
