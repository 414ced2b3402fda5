/**
 * Detects whether a peer reads its stream. A gRPC stream reports only that sixteen more messages are queued, whatever their
 * size, and a status cannot end a stream that the peer does not read: it would wait behind those messages.
 */
import { constants, type ServerHttp2Stream } from "node:http2";
import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { TransportError } from "../errors.ts";
import { withTimeout } from "./frames.ts";

/** One message being sent. */
export class Delivery {
  readonly #left: Promise<void>;
  #leave = () => {};
  #cut = () => {};

  constructor() {
    this.#left = new Promise((resolve) => {
      this.#leave = resolve;
    });
  }

  /**
   * Resolves when the peer's flow control has admitted the complete message. After the timeout, its call is cut.
   *
   * @throws TransportError `stalled` after `timeoutS`; the signal's reason when it aborts.
   */
  async done(who: string, timeoutS: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const aborted = new Promise<never>((_, reject) => {
      const fail = () => reject(signal.reason);
      if (signal.aborted) fail();
      else signal.addEventListener("abort", fail, { once: true, signal: over.signal });
    });
    const stalled = () => new TransportError("stalled", `${who} read nothing for ${timeoutS} s: its stream was ended`);
    try {
      await withTimeout(Promise.race([this.#left, aborted]), timeoutS, stalled);
    } catch (error) {
      this.#cut();
      throw error;
    } finally {
      over.abort();
    }
  }

  begin(cut: () => void): void {
    this.#cut = cut;
  }

  end(): void {
    this.#leave();
  }
}

/** For a server that sends messages with a `delivery`. */
export const followDeliveries: ServerInterceptor = (_method, call) => {
  return new (class extends ServerInterceptingCall {
    override sendMessage(message: { readonly delivery?: Delivery }, callback: () => void): void {
      // The stream below is private to the library, which never resets one.
      const { stream } = call as unknown as { readonly stream: ServerHttp2Stream };
      message.delivery?.begin(() => stream.close(constants.NGHTTP2_CANCEL));
      super.sendMessage(message, () => {
        message.delivery?.end();
        callback();
      });
    }
  })(call);
};
