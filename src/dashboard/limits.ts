/** The numbers that page and server must agree on. */

/** A page of another version is told to reload. */
export const PROTOCOL_VERSION = 1;
/** Longest message a page may send, bytes. Everything legitimate is far below. */
export const MAX_CLIENT_MESSAGE_BYTES = 4096;
/** While a page holds control it reports its input this often, changed or not … */
export const INPUT_INTERVAL_MS = 40;
/** … and loses control when nothing came for so long. With the watch's period it is gone within 200 ms. */
export const INPUT_TIMEOUT_MS = 160;
