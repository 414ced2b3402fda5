/** Constants shared by the page and the server. */

/** A page with another version is asked to reload. */
export const PROTOCOL_VERSION = 3;
/** Longest message a page may send, bytes. Valid messages are far shorter. */
export const MAX_CLIENT_MESSAGE_BYTES = 4096;
/** While a page is in control it sends its input at this interval, changed or not. */
export const INPUT_INTERVAL_MS = 40;
/** A page in control loses control after this silence. Together with the check interval: within 200 ms. */
export const INPUT_TIMEOUT_MS = 160;
/** Interval of the server's heartbeat, also while the robot is idle. */
export const HEARTBEAT_INTERVAL_MS = 200;
/** After this silence a page must show that the robot's state is unknown. */
export const HEARTBEAT_TIMEOUT_MS = 1000;
/** Longest user name, characters. */
export const MAX_NAME_LENGTH = 40;
/** WebSocket close code: the server closed an idle page to make room for another. Such a page reconnects late. */
export const CLOSE_EVICTED = 4001;
