/** `GET /metrics` over HTTP, for a Prometheus server to scrape. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { guarded } from "../../utils/guarded.ts";
import { hardenServer } from "../../utils/harden_server.ts";
import { ListenError } from "../../utils/listen_error.ts";

export interface ServeMetricsOptions {
  /** Default: loopback, since the names and states of a run's actors are not public. */
  readonly host?: string;
  /** 0 picks a free port. Default: 9464. */
  readonly port?: number;
}

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers `GET /metrics`; a request handler for `node:http`. */
export function metricsHandler(
  registry: Registry,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async ({ url, method }, response) => {
    if (url?.split("?")[0] !== "/metrics") return refuse(response, 404, "metrics are at /metrics\n");
    if (method !== "GET" && method !== "HEAD")
      return refuse(response.setHeader("Allow", "GET, HEAD"), 405, "GET only\n");
    try {
      const text = await registry.metrics();
      response.writeHead(200, { "Content-Type": registry.contentType, "Content-Length": Buffer.byteLength(text) });
      response.end(text);
    } catch (error) {
      refuse(response, 500, `${(error as Error).message}\n`);
    }
  };
}

/** @throws Error naming the address if it is taken or does not belong to this machine. */
export async function serveMetrics(registry: Registry, options: ServeMetricsOptions = {}): Promise<MetricsServer> {
  const { host = "127.0.0.1", port = 9464 } = options;
  // The client sees the error, or is gone.
  const ignore = () => {};
  const server = createServer(guarded(metricsHandler(registry), ignore));
  const hardened = hardenServer(server, { onError: ignore });
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error) => reject(new ListenError(host, port, cause));
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}/metrics`,
    close: () => hardened.close(),
  };
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
}
