/** What the page and its socket's thread say to each other. */
import type { DriveInput } from "../protocol.ts";

/** To the thread. */
export type ToSocket =
  | { readonly type: "open"; readonly address: string }
  | { readonly type: "send"; readonly text: string }
  /** Sent now, and again in every way there is until `stopConfirmed`. `name`: who stops. */
  | { readonly type: "stop"; readonly text: string; readonly name: string }
  | { readonly type: "stopConfirmed" }
  /** The page goes away. */
  | { readonly type: "leave" }
  /** What the hands do now; `null` when this page does not drive. Repeated by the page as its own sign of life. */
  | { readonly type: "hands"; readonly input: DriveInput | null; readonly sentMs: number };

/** From the thread. */
export type FromSocket =
  | { readonly type: "opened" }
  /** Nothing was heard for so long, although the connection seems to stand; 0 as soon as something is heard. */
  | { readonly type: "silent"; readonly forMs: number }
  | { readonly type: "closed"; readonly reason: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "binary"; readonly buffer: ArrayBuffer };
