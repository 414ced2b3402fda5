/** Malformed and hostile requests to every server: the process survives, and a stop is still accepted. */
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type RegionPicker, startRegionPicker } from "../../src/dashboard/server/region_picker/start_region_picker.ts";
import { type Dashboard, startDashboard } from "../../src/dashboard/server/start_dashboard.ts";
import { Dataset } from "../../src/datasets/dataset.ts";
import { RunEvents } from "../../src/metrics/index.ts";
import { prometheusRegistry } from "../../src/metrics/prometheus/run_metrics.ts";
import { type MetricsServer, serveMetrics } from "../../src/metrics/prometheus/serve_metrics.ts";
import { PATIENT } from "../until.ts";
import { BareRun } from "./bare_run.ts";
import { PageSocket } from "./page_socket.ts";

const TOKEN = "a-long-and-secret-token";

const uncaught: unknown[] = [];
const note = (error: unknown) => void uncaught.push(error);
let folder: string;
let run: BareRun;
let dashboard: Dashboard;
let guarded: Dashboard;
let metrics: MetricsServer;
let picker: RegionPicker;

beforeAll(async () => {
  process.on("uncaughtException", note);
  process.on("unhandledRejection", note);
  folder = mkdtempSync(join(tmpdir(), "handrail-attack-"));
  writeFileSync(join(folder, "index.html"), "<title>page</title>");
  run = new BareRun();
  dashboard = await startDashboard({ run, port: 0, webFolder: folder });
  guarded = await startDashboard({ run: new BareRun(), port: 0, webFolder: folder, token: TOKEN });
  metrics = await serveMetrics(prometheusRegistry(new RunEvents()), { port: 0 });
  const dataset = await Dataset.open(join(import.meta.dirname, "../data/lerobot_datasets/image"));
  picker = await startRegionPicker({
    dataset,
    initial: { crops: {}, resize: null },
    target: undefined,
    apply: async () => {},
    port: 0,
  });
});
afterAll(async () => {
  await Promise.all([dashboard.close(), guarded.close(), metrics.close(), picker.close()]);
  process.off("uncaughtException", note);
  process.off("unhandledRejection", note);
  await rm(folder, { recursive: true, force: true });
});

const ports = () => [dashboard.port, guarded.port, ...[metrics, picker].map(({ url }) => Number(new URL(url).port))];

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.resume();
  return socket;
}

/** Ways to end a connection, at different moments. */
const ENDS: Readonly<Record<string, (socket: Socket, bytes: Buffer) => Promise<void>>> = {
  "reads the answer": async (socket, bytes) => {
    socket.end(bytes);
    await Promise.race([once(socket, "close"), new Promise((resolve) => setTimeout(resolve, 50))]);
    socket.destroy();
  },
  "resets at once": async (socket, bytes) => {
    socket.write(bytes);
    socket.resetAndDestroy();
  },
  "resets after sending": async (socket, bytes) => {
    await new Promise((resolve) => socket.write(bytes, resolve));
    socket.resetAndDestroy();
  },
  "resets at the first byte": async (socket, bytes) => {
    socket.write(bytes);
    await Promise.race([once(socket, "data"), new Promise((resolve) => setTimeout(resolve, 20))]);
    socket.resetAndDestroy();
  },
  "resets in the middle": async (socket, bytes) => {
    await new Promise((resolve) => socket.write(bytes.subarray(0, bytes.length / 2), resolve));
    await new Promise(setImmediate);
    socket.resetAndDestroy();
  },
};

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const TARGETS = [
  ...[
    "/",
    "//",
    "///",
    "//ws",
    "//evil.example/ws",
    "/ws",
    "/ws?token=%",
    "/ws?token=%ff",
    "/ws?",
    "/\\",
    "/%",
    "/%2e%2e/",
  ],
  ...[
    "*",
    "?",
    "ws",
    "http://",
    "http://[",
    "http://evil.example:99999/ws",
    "http://[::1/ws",
    "evil.example:443",
    "javascript:1",
  ],
  ...[
    "/recordings/NaN",
    "/recordings/1e9",
    "/recordings/%00",
    "/%00",
    "/metrics",
    "//metrics",
    "/ws/../ws",
    `/${"a".repeat(3000)}`,
  ],
];

function request(target: string, { method = "GET", host = "127.0.0.1", version = "1.1", more = "" } = {}): Buffer {
  return Buffer.from(`${method} ${target} HTTP/${version}\r\nHost: ${host}\r\n${more}\r\n`, "latin1");
}

function upgrade(
  target: string,
  { host = "127.0.0.1", key = KEY, version = "13", protocol = "websocket" } = {},
): Buffer {
  const more = `Connection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: ${version}\r\n`;
  return request(target, { host, more });
}

const ATTACKS: readonly Buffer[] = [
  ...TARGETS.flatMap((target) => [request(target), upgrade(target), upgrade(target, { host: "attacker.example" })]),
  ...["OPTIONS", "TRACE", "POST", "CONNECT", "PRI", "PURGE"].map((method) => request("/ws", { method })),
  ...["a:b:c", "[", "%", "127.0.0.1:99999999", " "].map((host) => upgrade("/ws", { host })),
  ...["", "short", "=".repeat(24), "é".repeat(12), KEY.repeat(100)].map((key) => upgrade("/ws", { key })),
  ...["0", "8", "99", "-1", "x", "13, 13"].map((version) => upgrade("/ws", { version })),
  ...["h2c", "", "websocket, h2c", "WEBSOCKET"].map((protocol) => upgrade("/ws", { protocol })),
  ...["1.0", "0.9", "2.0", "9.9"].map((version) => request("/", { version })),
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", "latin1"),
  Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
  Buffer.alloc(512, 0xff),
  request("/", { more: `X: ${"x".repeat(40_000)}\r\n` }),
  request("/", { more: "a: b\r\n".repeat(3000) }),
  request("/", { more: `Cookie: handrail_token=${"%".repeat(2000)}\r\nAuthorization: Bearer \r\n` }),
  request("/stop", { method: "POST", more: "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" }),
  request("/stop", { method: "POST", more: "Content-Length: -1\r\n" }),
  request("/", { more: "Expect: 100-continue\r\nContent-Length: 10\r\n" }),
  // Pipelined requests, and bytes directly after an upgrade.
  Buffer.concat(Array.from({ length: 20 }, () => request("/"))),
  Buffer.concat([request("//"), upgrade("/ws"), request("/")]),
  Buffer.concat([upgrade("/ws"), Buffer.from([0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0]), Buffer.alloc(5000, 1)]),
  Buffer.concat([upgrade("/ws"), Buffer.from([0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0, 0xff])]),
];

describe.each(Object.entries(ENDS))("a client that %s", (_, end) => {
  test("does not end the process, whatever it sent", async () => {
    for (const port of ports()) {
      for (let i = 0; i < ATTACKS.length; i += 16) {
        await Promise.all(ATTACKS.slice(i, i + 16).map(async (bytes) => end(await open(port), bytes)));
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(uncaught).toEqual([]);
    expect((await fetch(metrics.url)).status).toBe(200);
    expect((await fetch(picker.url)).status).toBe(200);
    const page = await PageSocket.open(dashboard.port);
    page.send({ type: "stop", sequence: 1 });
    await page.next("stop_confirmed");
    await page.close();
  });
});

test("a refused upgrade whose client never closes is cut off", async () => {
  const socket = await open(dashboard.port);
  socket.write(upgrade("/ws", { host: "attacker.example" }));
  // The client notices when it writes.
  const writing = setInterval(() => socket.write("x"), 20);
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(writing);
});

test("the region picker answers invalid paths below its token", async () => {
  const { pathname, port, host } = new URL(picker.url);
  const targets = [
    "//",
    "state/",
    "frames/-1/x",
    "frames/1e9/x",
    "frames/0/%",
    "frames/0/__proto__",
    "%00",
    "../x",
    "pick",
  ];
  for (const end of Object.values(ENDS)) {
    const attacks = targets.flatMap((target) => [
      request(pathname + target, { host }),
      request(pathname + target, { method: "POST", host, more: "Content-Length: 9\r\n" }),
    ]);
    await Promise.all(attacks.map(async (bytes) => end(await open(Number(port)), bytes)));
  }
  expect(uncaught).toEqual([]);
  expect((await fetch(`${picker.url}frames/0/observation.images.front`)).status).toBe(200);
});

test("errors of the run's capabilities are reported a limited number of times, and the page stays connected", async () => {
  const notices = () => run.logged.filter((event) => event.type === "notice");
  const { hold } = run.actions.stop!;
  vi.spyOn(run.actions.stop!, "hold").mockImplementation(async () => {
    await hold();
    throw new Error("the robot does not answer");
  });
  const page = await PageSocket.open(dashboard.port);
  for (let sequence = 0; sequence < 30; sequence++) page.send({ type: "stop", sequence });
  await page.until("stop_confirmed", ({ sequence }) => sequence === 29);
  await vi.waitFor(() => expect(notices().length).toBeGreaterThan(0), PATIENT);
  expect(notices().length).toBeLessThanOrEqual(10);
  expect(uncaught).toEqual([]);
  vi.restoreAllMocks();
  await page.close();
});

test("a stop is accepted when idle pages use all connections, and the page in control keeps it", async () => {
  const driver = await PageSocket.open(dashboard.port, "Ada");
  await driver.drive();
  const idle = await Promise.all(Array.from({ length: 40 }, (_, i) => PageSocket.open(dashboard.port, `idle ${i}`)));
  const closed = () => idle.filter(({ socket }) => socket.readyState === socket.CLOSED).length;
  await vi.waitFor(() => expect(closed()).toBeGreaterThanOrEqual(9), PATIENT);
  const late = await PageSocket.open(dashboard.port, "Bo");
  late.send({ type: "stop", sequence: 3 });
  expect(await late.next("stop_confirmed")).toMatchObject({ sequence: 3 });
  expect(driver.socket.readyState).toBe(driver.socket.OPEN);
  await Promise.all([...idle, late, driver].map((page) => page.close()));
});

test("a stop is accepted over HTTP, with the same authorisation, while connections are held open", async () => {
  const silent = await Promise.all(Array.from({ length: 300 }, () => open(guarded.port)));
  const url = `http://127.0.0.1:${guarded.port}/stop?name=Ada`;
  expect((await fetch(url, { method: "POST" })).status).toBe(401);
  const allowed = { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } };
  expect(await (await fetch(url, allowed)).json()).toEqual({ stopped: true });
  const foreign = { ...allowed, headers: { ...allowed.headers, origin: "http://evil.example" } };
  expect((await fetch(url, foreign)).status).toBe(403);
  const page = await PageSocket.open(guarded.port, "Bo", { headers: { authorization: `Bearer ${TOKEN}` } });
  expect((await page.next("welcome")).stop).toEqual({ active: true, reason: "person", by: "Ada" });
  await page.close();
  for (const socket of silent) socket.destroy();
});

test("the rate of a page's requests is limited", async () => {
  const page = await PageSocket.open(dashboard.port);
  await page.drive();
  page.send({ type: "release_stop" });
  const before = run.loggedActions.length;
  for (let i = 0; i < 150; i++) page.send({ type: "label", label: "success" });
  await page.until("refused", ({ message }) => message.startsWith("Too many requests"));
  page.send({ type: "stop", sequence: 9 });
  await page.until("stop_confirmed", ({ sequence }) => sequence === 9);
  expect(run.loggedActions.length - before).toBeLessThan(60);
  await page.close();
});
