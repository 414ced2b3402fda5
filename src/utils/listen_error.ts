/** Explains why a server cannot listen; the libraries' errors seldom name both address and reason. */
import { createServer } from "node:net";

export class ListenError extends Error {
  override readonly name = "ListenError";
  /** Whether another port would not help either. */
  readonly isAboutHost: boolean;

  /** @param cause Error reported by Node's server. */
  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    super(`cannot listen on port ${port} of ${host}: ${reasonOf(cause, host)}`, { cause });
    this.isAboutHost = ["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN"].includes(cause.code ?? "");
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException, host: string): string {
  if (code === "EADDRINUSE") return "another program uses it";
  if (code === "EACCES") return "the system reserves it (ports below 1024 usually are)";
  if (code === "EADDRNOTAVAIL") return `${host} is no address of this machine`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the name ${host} cannot be resolved`;
  return message;
}

/** Listens for a moment. Returns the error, or undefined if the port is usable. */
export async function tryPort(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer();
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once("error", resolve);
    server.listen(port, host, () => resolve(undefined));
  });
  if (failure === undefined) await new Promise((resolve) => server.close(resolve));
  return failure;
}

/** Fails early, before work that would be in vain. @throws ListenError if the port is unusable. */
export async function requirePort(host: string, port: number): Promise<void> {
  const failure = await tryPort(host, port);
  if (failure !== undefined) throw new ListenError(host, port, failure);
}

/** For `catch`: adds the setting that chooses the port or the host. Other errors pass unchanged. */
export function namingSettings(settings: { readonly port: string; readonly host?: string }) {
  return (error: unknown): never => {
    if (!(error instanceof ListenError)) throw error;
    const advice = error.isAboutHost
      ? `Choose one of this machine's with ${settings.host}: 127.0.0.1 for programs on it, 0.0.0.0 for others, too`
      : `End the other program, or choose another port with ${settings.port} (0 takes any free one)`;
    throw new Error(`${error.message}. ${advice}`, { cause: error });
  };
}
