/** HTTP routes: the page's files, recorded episodes, token login, and stop and goodbye without a WebSocket. */
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { secureHeaders } from "hono/secure-headers";
import type { EpisodeSource } from "../episodes/episode_source.ts";
import { type AccessControl, TOKEN_COOKIE } from "./access.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".woff2": "font/woff2",
};

const POSTS: readonly string[] = ["/stop", "/goodbye"];

export interface HttpAppOptions {
  readonly access: AccessControl;
  /** The built page. */
  readonly webFolder: string;
  /** Episodes of the present run. */
  readonly recordings: () => EpisodeSource | undefined;
  /** Called for every refused request. */
  readonly onRefused: () => void;
  /** Emergency stop. @returns whether the run can be stopped. */
  readonly onStop: (name: string) => boolean;
  /** A page is being closed. @param client its id from the welcome message. */
  readonly onGoodbye: (client: string) => void;
  readonly onError: (error: Error) => void;
}

export function makeHttpApp(options: HttpAppOptions): Hono<{ Bindings: HttpBindings }> {
  const { access, webFolder, recordings, onRefused, onStop, onGoodbye, onError } = options;
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
      },
      referrerPolicy: "no-referrer",
      xFrameOptions: "DENY",
      strictTransportSecurity: false,
    }),
  );
  app.use(async (context, next) => {
    const token = context.req.query("token");
    const refusal = access.check(context.env.incoming.headers, token);
    if (refusal !== undefined) {
      onRefused();
      return context.text(`${refusal.message}\n`, refusal.status);
    }
    if (context.req.method === "POST" && POSTS.includes(context.req.path)) return next();
    if (context.req.method !== "GET") return context.text("method not allowed\n", 405);
    if (token !== undefined && access.accepts(token)) {
      // The cookie replaces the token, which disappears from the address bar and the history.
      setCookie(context, TOKEN_COOKIE, token, { httpOnly: true, sameSite: "Strict", path: "/" });
      return context.redirect("/");
    }
    return next();
  });
  // Pages of other origins fail the check above; programs on this machine may stop the robot.
  app.post("/stop", (context) => {
    const stopped = onStop(context.req.query("name") ?? "");
    return context.json({ stopped }, stopped ? 200 : 409);
  });
  app.post("/goodbye", (context) => {
    onGoodbye(context.req.query("client") ?? "");
    return context.body(null, 204);
  });
  app.get("/recordings/:episode", async (context) => {
    const episode = Number(context.req.param("episode"));
    const bytes = Number.isInteger(episode) ? await recordings()?.read(episode) : undefined;
    if (bytes === undefined) return context.text("no recording of this episode\n", 404);
    return context.body(bytes, 200, { "content-type": "application/octet-stream", "cache-control": "no-store" });
  });
  app.get("/recordings", async (context) => {
    context.header("cache-control", "no-store");
    return context.json((await recordings()?.list()) ?? []);
  });
  app.get("/recordings/:episode/images/:step/:camera", async (context) => {
    const [episode, step, camera] = ["episode", "step", "camera"].map((name) => Number(context.req.param(name)));
    const isAsked = [episode, step, camera].every((value) => Number.isInteger(value) && value! >= 0);
    const image = isAsked ? await recordings()?.readImage?.(episode!, step!, camera!) : undefined;
    if (image === undefined) return context.text("no such image\n", 404);
    return context.body(new Uint8Array(image), 200, { "content-type": "application/octet-stream" });
  });
  app.get("*", async (context) => {
    const path = context.req.path === "/" ? "index.html" : context.req.path;
    const file = normalize(join(webFolder, path));
    if (!file.startsWith(webFolder + sep)) return context.text("not found\n", 404);
    const content = await readFile(file).catch(() => undefined);
    if (content === undefined) return context.text("not found\n", 404);
    // Names of files in assets/ contain a digest.
    const caching = file.includes(`${sep}assets${sep}`) ? "public, max-age=31536000, immutable" : "no-cache";
    const type = CONTENT_TYPES[extname(file)] ?? "application/octet-stream";
    return context.body(new Uint8Array(content), 200, { "content-type": type, "cache-control": caching });
  });
  app.onError((error, context) => {
    onError(error);
    return context.text("internal error\n", 500);
  });
  return app;
}
