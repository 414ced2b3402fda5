/**
 * Whether a peer reads what it is sent. A stream of gRPC only tells when it has queued sixteen messages more, whatever their
 * size, and one that nobody reads cannot be ended by a status: that would wait behind them.
 */
import { constants, type ServerHttp2Stream } from "node:http2";
import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { TransportError } from "../errors.ts";
import { withTimeout } from "./frames.ts";

/** One message on its way. */
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
   * Resolves when the peer's flow control has let the whole message through. Otherwise its call is cut.
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

/** For the server that sends messages with a `delivery`. */
export const followDeliveries: ServerInterceptor = (_method, call) => {
  return new (class extends ServerInterceptingCall {
    override sendMessage(message: { readonly delivery?: Delivery }, callback: () => void): void {
      // The stream below is private to the library, which itself never resets one.
      const { stream } = call as unknown as { readonly stream: ServerHttp2Stream };
      message.delivery?.begin(() => stream.close(constants.NGHTTP2_CANCEL));
      super.sendMessage(message, () => {
        message.delivery?.end();
        callback();
      });
    }
  })(call);
};
