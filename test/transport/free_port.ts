/** A TCP port on the loopback interface that stays free until the test listens on it, also across its processes. */
import { createServer } from "node:net";

/** Below the ephemeral ports: no outgoing connection gets one of these. */
const [FIRST, COUNT] = [10_000, 20_000];

export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(COUNT * Math.random());
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer().once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
