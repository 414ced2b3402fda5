/** A TCP proxy that can drop everything for a while, like a dead network: no data, no resets, no refusals. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #blackHole = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on("connection", (near) => proxy.#forward(near, connect(targetPort, "127.0.0.1")));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** While on, bytes disappear in both directions; connections made meanwhile stay dead permanently. */
  set blackHole(on: boolean) {
    this.#blackHole = on;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #forward(near: Socket, far: Socket): void {
    let dead = this.#blackHole;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (bytes) => {
        // A connection that lost bytes cannot continue: later ones would arrive without them.
        dead ||= this.#blackHole;
        if (!dead) to.write(bytes);
      });
      from.on("close", () => {
        this.#sockets.delete(from);
        if (!dead) to.destroy();
      });
      from.on("error", () => {});
    }
  }
}
