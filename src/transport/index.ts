/** Actor and learner talking to each other: see docs/transport.md. */
export { TransportError, type TransportErrorCode } from "./errors.ts";
export type { OnEvent, TransportEvent } from "./events.ts";
export type { GrpcOptions } from "./grpc/grpc_options.ts";
export { GrpcTransport } from "./grpc/grpc_transport.ts";
export type { TlsOptions } from "./grpc/security.ts";
export { InProcessTransport } from "./in_process/in_process_transport.ts";
export { type LearnerTransportState, LearnerTransportStateSchema } from "./learner/received_watermarks.ts";
export type {
  InteractionMessage,
  PublishedWeights,
  ReceivedInteraction,
  ReceivedTransition,
  ReceivedWeights,
  RecordId,
  TransitionMessage,
} from "./messages.ts";
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
