/** Messages between the page and its socket worker. */
import type { DriveInput } from "../protocol.ts";

/** To the worker. */
export type ToSocket =
  | { readonly type: "open"; readonly address: string }
  | { readonly type: "send"; readonly text: string }
  /** Sent now and resent by WebSocket and HTTP until `stopConfirmed`. `name`: the user's. */
  | { readonly type: "stop"; readonly text: string; readonly name: string }
  | { readonly type: "stopConfirmed" }
  /** The page is being closed. */
  | { readonly type: "leave" }
  /** The present input; `null` while this page is not in control. The page repeats it as a keep-alive. */
  | { readonly type: "input"; readonly input: DriveInput | null; readonly sentMs: number };

/** From the worker. */
export type FromSocket =
  | { readonly type: "opened" }
  /** The server has been silent for this long on an open connection, milliseconds; 0 when it responds again. */
  | { readonly type: "silent"; readonly forMs: number }
  | { readonly type: "closed"; readonly reason: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "binary"; readonly buffer: ArrayBuffer };
