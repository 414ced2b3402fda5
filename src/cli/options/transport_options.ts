/** Options of commands that use the network: authentication and encryption. */
import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { TlsOptions } from "../../transport/grpc/security.ts";

const TOKEN_VARIABLE = "HANDRAIL_TOKEN";

export interface TransportSecurityOptions {
  readonly tokenFile?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly tlsAuthority?: string;
  readonly tlsServerName?: string;
}

/** @param side A learner needs a certificate for TLS; an actor needs one only for mutual TLS. */
export function addTransportOptions(command: Command, side: "learner" | "actor"): Command {
  const isLearner = side === "learner";
  const trusts = isLearner ? "every actor's certificate must be signed by it (mutual TLS)" : "trusted for the learner";
  command
    .option("--token-file <file>", `shared secret of learner and actors; or set ${TOKEN_VARIABLE}`)
    .option("--tls-certificate <file>", `${isLearner ? "the learner's" : "this actor's"} certificate chain, PEM`)
    .option("--tls-key <file>", "its private key, PEM")
    .option("--tls-authority <file>", `certificate authority, PEM; ${trusts}`);
  if (!isLearner) command.addOption(new Option("--tls-server-name <name>", "the name in the learner's certificate"));
  return command;
}

/** @throws Error naming a file that cannot be read. */
export async function readTransportSecurity(
  options: TransportSecurityOptions,
): Promise<{ token?: string; tls?: TlsOptions }> {
  const read = async (path: string) => {
    return await readFile(path, "utf8").catch((cause: Error) => {
      throw new Error(`cannot read ${path}: ${cause.message}`, { cause });
    });
  };
  const token = options.tokenFile ? (await read(options.tokenFile)).trim() : process.env[TOKEN_VARIABLE];
  const { tlsCertificate, tlsKey, tlsAuthority, tlsServerName: serverName } = options;
  const tls: TlsOptions = {
    ...(tlsCertificate && { certificate: await read(tlsCertificate) }),
    ...(tlsKey && { key: await read(tlsKey) }),
    ...(tlsAuthority && { certificateAuthority: await read(tlsAuthority) }),
    ...(serverName && { serverName }),
  };
  return { ...(token && { token }), ...(Object.keys(tls).length > 0 && { tls }) };
}
