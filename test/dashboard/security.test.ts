/** Authorisation, limits and refusals of the dashboard's server. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MAX_CLIENT_MESSAGE_BYTES } from "../../src/dashboard/limits.ts";
import { type Dashboard, startDashboard } from "../../src/dashboard/server/start_dashboard.ts";
import { BareRun } from "./bare_run.ts";
import { PageSocket } from "./page_socket.ts";

const TOKEN = "a-long-and-secret-token";
let run: BareRun;
let dashboard: Dashboard | undefined;
let webFolder: string;

beforeEach(() => {
  run = new BareRun();
  webFolder = mkdtempSync(join(tmpdir(), "handrail-web-"));
  writeFileSync(join(webFolder, "index.html"), "<title>page</title>");
});
afterEach(async () => {
  await dashboard?.close();
  dashboard = undefined;
  rmSync(webFolder, { recursive: true, force: true });
});

async function start(options: { readonly token?: string } = {}): Promise<Dashboard> {
  dashboard = await startDashboard({ run, port: 0, webFolder, ...options });
  return dashboard;
}

/** `fetch` does not allow a different Host header. */
async function get(port: number, path: string, headers: Record<string, string> = {}) {
  const sent = request({ host: "127.0.0.1", port, path, headers }).end();
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

async function connectionStatus(page: PageSocket): Promise<number> {
  return new Promise((resolve) => {
    page.socket.on("open", () => resolve(101));
    page.socket.on("error", () => {});
    page.socket.on("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
  });
}

test("on loopback this machine's pages have access, with strict headers", async () => {
  const { port } = await start();
  const { status, headers, body } = await get(port, "/");
  expect([status, body]).toEqual([200, "<title>page</title>"]);
  expect(headers["content-security-policy"]).toContain("default-src 'self'");
  expect(headers["x-frame-options"]).toBe("DENY");
  expect(headers["x-content-type-options"]).toBe("nosniff");
});

test("a host that is not an address of this machine is refused with the setting that changes it", async () => {
  const starting = startDashboard({ run, host: "192.0.2.7", port: 0, webFolder }); // reserved for documentation
  await expect(starting).rejects.toThrow(/192\.0\.2\.7 is no address of this machine\. .*--dashboard\.host/);
  expect(run.logged).toEqual([]);
});

test("another site's name for this machine is refused", async () => {
  const { port } = await start();
  expect((await get(port, "/", { host: "evil.example" })).status).toBe(403);
  const page = new PageSocket(port, { headers: { host: "evil.example" } });
  expect(await connectionStatus(page)).toBe(403);
});

test("a WebSocket from another origin is refused and counted", async () => {
  const { port, refusals } = await start();
  for (const origin of ["http://evil.example", `http://127.0.0.1:${port + 1}`, "null"]) {
    expect(await connectionStatus(new PageSocket(port, { origin }))).toBe(403);
  }
  expect(refusals.requests).toBe(3);
  expect(await connectionStatus(new PageSocket(port, { origin: `http://127.0.0.1:${port}` }))).toBe(101);
});

test("with a token, requests without it are refused", async () => {
  const { port } = await start({ token: TOKEN });
  for (const path of ["/", "/recordings/0", "/?token=wrong"]) expect((await get(port, path)).status).toBe(401);
  expect(await connectionStatus(new PageSocket(port))).toBe(401);
  expect(await connectionStatus(new PageSocket(port, {}, "?token=wrong"))).toBe(401);
});

test("the token in the address becomes a cookie that scripts can't read", async () => {
  const { port, url } = await start({ token: TOKEN });
  expect(url).toBe(`http://127.0.0.1:${port}/?token=${TOKEN}`);
  const first = await get(port, `/?token=${TOKEN}`);
  expect([first.status, first.headers.location]).toEqual([302, "/"]);
  const cookie = first.headers["set-cookie"]![0]!;
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Strict/);
  const headers = { cookie: cookie.split(";")[0]! };
  expect((await get(port, "/", headers)).status).toBe(200);
  expect(await connectionStatus(new PageSocket(port, { headers }))).toBe(101);
  expect((await get(port, "/", { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
});

test("beyond loopback there is always a token", async () => {
  dashboard = await startDashboard({ run, host: "0.0.0.0", port: 0, webFolder });
  expect(dashboard.url).toMatch(/\?token=[\w-]{32}$/);
  expect((await get(dashboard.port, "/")).status).toBe(401);
});

test("no path leads out of the page's folder", async () => {
  const { port } = await start();
  for (const path of ["/../../../../etc/passwd", "/..%2f..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd"]) {
    expect((await get(port, path)).body).not.toContain("root:");
  }
});

test("malformed messages are answered and counted, and repeated ones end the connection", async () => {
  const { port, refusals } = await start();
  const page = await PageSocket.open(port);
  page.socket.send("{");
  expect((await page.next("refused")).message).toBe("this message is not JSON");
  page.socket.send(JSON.stringify({ type: "input", sequence: 1, sent_ms: 0, input: { motion: [9, 0, 0] } }));
  await page.until("refused", ({ message }) => message.includes("motion"));
  page.socket.send(Buffer.from([1, 2, 3]));
  for (let i = 0; i < 10; i++) page.socket.send("nonsense");
  const [code] = await once(page.socket, "close");
  expect(code).toBe(1008);
  expect(refusals.malformedMessages).toBeGreaterThanOrEqual(10);
});

test("an oversized message ends only its own connection", async () => {
  const { port, refusals } = await start();
  const other = await PageSocket.open(port, "Bo");
  const page = await PageSocket.open(port);
  page.socket.on("error", () => {});
  page.socket.send("x".repeat(MAX_CLIENT_MESSAGE_BYTES + 1));
  const [code] = await once(page.socket, "close");
  expect(code).toBe(1009);
  expect(refusals.oversizedMessages).toBe(1);
  await other.drive();
  await other.close();
});

test("a flood of messages ends its connection", async () => {
  const { port, refusals } = await start();
  const page = await PageSocket.open(port);
  for (let i = 0; i < 1000; i++) page.send({ type: "take_control" });
  const [code] = await once(page.socket, "close");
  expect(code).toBe(1008);
  expect(refusals.floods).toBe(1);
});

test("commands of a page without control change nothing", async () => {
  const { port } = await start();
  const page = await PageSocket.open(port);
  page.send({ type: "command", id: 1, command: { name: "pause_actor" } });
  page.send({ type: "label", label: "success" });
  page.input([1, 0, 0]);
  page.send({ type: "stop", sequence: 1 });
  await page.next("stop_confirmed"); // all of them have been received
  expect(page.messages.filter(({ type }) => type === "refused")).toHaveLength(2);
  expect(run.done).toEqual(["hold"]);
  expect(run.teleoperator.getTeleopEvents()).toMatchObject({ isIntervention: false, success: false });
});
