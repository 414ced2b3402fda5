/** The numbers that page and server must agree on. */

/** A page of another version is told to reload. */
export const PROTOCOL_VERSION = 3;
/** Longest message a page may send, bytes. Everything legitimate is far below. */
export const MAX_CLIENT_MESSAGE_BYTES = 4096;
/** While a page holds control it reports its input this often, changed or not … */
export const INPUT_INTERVAL_MS = 40;
/** … and loses control when nothing came for so long. With the watch's period it is gone within 200 ms. */
export const INPUT_TIMEOUT_MS = 160;
/** The server gives a sign of life this often, also while the robot rests … */
export const HEARTBEAT_INTERVAL_MS = 200;
/** … and a page that has heard nothing for so long must say that it knows nothing of the robot. */
export const HEARTBEAT_TIMEOUT_MS = 1000;
/** Longest name of a person, characters. */
export const MAX_NAME_LENGTH = 40;
/** The server closed an idle page because another one needed its place: it should not hurry to come back. */
export const CLOSE_MADE_ROOM = 4001;
