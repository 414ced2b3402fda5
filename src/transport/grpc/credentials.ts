/** Converts TLS options to gRPC credentials. */
import { ChannelCredentials, ServerCredentials } from "@grpc/grpc-js";
import type { TlsOptions } from "./security.ts";

/** @throws TypeError if certificate or key is missing, or a text is not PEM. */
export function serverCredentials(tls: TlsOptions | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { certificateAuthority, certificate, key } = tls;
  if (certificate === undefined || key === undefined) {
    throw new TypeError("a learner's tls needs `certificate` and `key`");
  }
  const pair = { cert_chain: pem("certificate", certificate), private_key: pem("key", key) };
  const authority = certificateAuthority === undefined ? null : pem("certificateAuthority", certificateAuthority);
  return ServerCredentials.createSsl(authority, [pair], authority !== null);
}

/** @throws TypeError if only one of certificate and key is given, or a text is not PEM. */
export function channelCredentials(tls: TlsOptions | undefined): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  const { certificateAuthority, certificate, key } = tls;
  if ((certificate === undefined) !== (key === undefined)) {
    throw new TypeError("an actor's tls needs `certificate` and `key` together, or neither");
  }
  return ChannelCredentials.createSsl(
    certificateAuthority === undefined ? null : pem("certificateAuthority", certificateAuthority),
    key === undefined ? null : pem("key", key),
    certificate === undefined ? null : pem("certificate", certificate),
  );
}

function pem(name: string, text: string): Buffer {
  if (text.includes("-----BEGIN ")) return Buffer.from(text);
  throw new TypeError(`tls.${name} must be the text of a PEM file, not its path`);
}
