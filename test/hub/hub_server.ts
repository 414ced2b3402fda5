/**
 * A small Hugging Face Hub on a local port: the endpoints that `@huggingface/hub` uses for models
 * and datasets (whose ids begin with "datasets/" here), in memory. It keeps
 * real commits, hashes content as Git and LFS do, and checks what clients send.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Files = Map<string, Uint8Array>;

interface Repository {
  /** The token that may read and write it; anyone may read without one. */
  readonly token?: string;
  readonly commits: Map<string, Files>;
  readonly branches: Map<string, string>;
}

const hash = (algorithm: string, ...parts: (string | Uint8Array)[]) => {
  const digest = createHash(algorithm);
  for (const part of parts) digest.update(part);
  return digest.digest("hex");
};

/** Weights go to LFS, as on the real Hub; other files into Git. */
const isLfs = (path: string) => path.endsWith(".safetensors");

class HttpError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class HubServer {
  readonly requests: string[] = [];
  /** Drops the connection in the middle of the next download, once. */
  breakNextDownload = false;
  /** Changes a byte of every download. */
  corruptDownloads = false;
  url = "";
  readonly #repositories = new Map<string, Repository>();
  readonly #uploads = new Map<string, Uint8Array>();
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      const status = error instanceof HttpError ? error.status : 500;
      send(response, status, { error: (error as Error).message });
    });
  });

  static async start(): Promise<HubServer> {
    const hub = new HubServer();
    await new Promise<void>((resolve) => hub.#server.listen(0, "127.0.0.1", resolve));
    hub.url = `http://127.0.0.1:${(hub.#server.address() as AddressInfo).port}`;
    return hub;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  create(id: string, token?: string): void {
    this.#repositories.set(id, { ...(token ? { token } : {}), commits: new Map(), branches: new Map() });
  }

  /** Adds a commit on top of a branch. @returns Its hash. */
  commit(id: string, files: Record<string, string | Uint8Array>, branch = "main"): string {
    const repository = this.#repositories.get(id)!;
    const content: Files = new Map(repository.commits.get(repository.branches.get(branch) ?? ""));
    for (const [path, data] of Object.entries(files)) {
      content.set(path, typeof data === "string" ? new TextEncoder().encode(data) : data);
    }
    const sha = hash("sha1", id, branch, String(repository.commits.size), ...[...content].flat());
    repository.commits.set(sha, content);
    repository.branches.set(branch, sha);
    return sha;
  }

  /** The files of a branch. */
  files(id: string, branch = "main"): Record<string, Uint8Array> {
    const repository = this.#repositories.get(id);
    const commit = repository?.branches.get(branch);
    return Object.fromEntries(commit ? repository!.commits.get(commit)! : []);
  }

  isPrivate(id: string): boolean {
    return this.#repositories.get(id)?.token !== undefined;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url!, this.url).pathname);
    this.requests.push(`${request.method} ${path}`);
    const token = request.headers.authorization?.replace("Bearer ", "");
    const body = await readBody(request);
    const json = () => JSON.parse(body.toString("utf8"));

    if (path === "/api/repos/create") {
      const { organization, name, visibility, type } = json();
      const id = `${type === "dataset" ? "datasets/" : ""}${organization}/${name}`;
      if (type !== "model" && type !== "dataset") throw new HttpError(400, `unknown type ${type}`);
      if (token !== "hf_writer") throw new HttpError(401, "Invalid credentials");
      if (this.#repositories.has(id)) throw new HttpError(409, "You already created this model repo");
      this.create(id, visibility === "private" ? token : undefined);
      return send(response, 200, { url: `${this.url}/${id}`, id });
    }
    const upload = /^\/lfs\/([0-9a-f]{64})$/.exec(path);
    if (upload) {
      if (hash("sha256", body) !== upload[1]) throw new HttpError(400, "content does not match its hash");
      this.#uploads.set(upload[1], new Uint8Array(body));
      return send(response, 200, {});
    }
    const batch = /^\/(.+?)\.git\/info\/lfs\/objects\/batch$/.exec(path);
    if (batch) {
      this.#repository(batch[1]!, token);
      const objects = json().objects.map((object: { oid: string; size: number }) => ({
        ...object,
        actions: { upload: { href: `${this.url}/lfs/${object.oid}` } },
      }));
      return send(response, 200, { transfer: "basic", objects });
    }
    const api =
      /^\/api\/(?:models\/)?((?:datasets\/)?[^/]+\/[^/]+)\/(revision|paths-info|preupload|commit|tree|tag)\/(.+)$/.exec(
        path,
      );
    if (api) return this.#api(response, api[1]!, api[2]!, api[3]!.replace(/\/$/, ""), token, body, request.method);
    const file = /^\/((?:datasets\/)?[^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    if (file) return this.#download(request, response, this.#commit(file[1]!, file[2]!, token).files.get(file[3]!));
    throw new HttpError(404, `no such address: ${path}`);
  }

  #api(
    response: ServerResponse,
    id: string,
    action: string,
    revision: string,
    token: string | undefined,
    body: Buffer,
    method: string | undefined,
  ) {
    if (action === "tree") {
      const { sha, files } = this.#commit(id, revision, token);
      return send(
        response,
        200,
        [...files].map(([path, content]) => describe(path, content, sha)),
      );
    }
    if (action === "revision") {
      return send(response, 200, { _id: id, id, sha: this.#commit(id, revision, token).sha });
    }
    if (action === "paths-info") {
      const { sha, files } = this.#commit(id, revision, token);
      const present = (JSON.parse(body.toString("utf8")).paths as string[]).filter((path) => files.has(path));
      return send(
        response,
        200,
        present.map((path) => describe(path, files.get(path)!, sha)),
      );
    }
    this.#repository(id, token);
    if (token !== "hf_writer") throw new HttpError(403, "this token may not write");
    if (action === "tag") {
      const { branches } = this.#repository(id, token);
      if (method === "DELETE") {
        branches.delete(revision);
        return send(response, 200, {});
      }
      const { tag } = JSON.parse(body.toString("utf8")) as { tag: string };
      if (branches.has(tag)) throw new HttpError(409, "Tag reference exists already");
      branches.set(tag, this.#commit(id, revision, token).sha);
      return send(response, 200, {});
    }
    if (action === "preupload") {
      const { files } = JSON.parse(body.toString("utf8")) as { files: { path: string }[] };
      const modes = files.map(({ path }) => ({ path, uploadMode: isLfs(path) ? "lfs" : "regular" }));
      return send(response, 200, { files: modes });
    }
    const lines = body
      .toString("utf8")
      .split("\n")
      .map((line) => JSON.parse(line));
    const changes: Record<string, Uint8Array> = {};
    for (const { key, value } of lines) {
      if (key === "file") changes[value.path] = Buffer.from(value.content, "base64");
      if (key === "lfsFile") changes[value.path] = this.#uploads.get(value.oid)!;
    }
    const sha = this.commit(id, changes, revision);
    return send(response, 200, { commitOid: sha, commitUrl: `${this.url}/${id}/commit/${sha}`, hookOutput: "" });
  }

  #download(request: IncomingMessage, response: ServerResponse, content: Uint8Array | undefined): void {
    if (content === undefined) throw new HttpError(404, "Entry not found");
    const headers = { ETag: `"${hash("sha1", content)}"`, "Content-Type": "application/octet-stream" };
    if (request.headers.range === "bytes=0-0") {
      response.writeHead(206, { ...headers, "Content-Range": `bytes 0-0/${content.length}` });
      response.end(content.subarray(0, 1));
      return;
    }
    response.writeHead(200, { ...headers, "Content-Length": content.length });
    if (!this.breakNextDownload) {
      const corrupt = content.map((byte, i) => (i === 1 ? byte ^ 1 : byte));
      response.end(this.corruptDownloads ? corrupt : content);
      return;
    }
    this.breakNextDownload = false;
    response.write(content.subarray(0, content.length / 2), () => response.destroy());
  }

  #repository(id: string, token: string | undefined): Repository {
    const repository = this.#repositories.get(id);
    // Like the real Hub, it does not tell strangers whether a private model exists.
    if (!repository && token === undefined) throw new HttpError(401, "Invalid username or password.");
    if (!repository) throw new HttpError(404, "Repository not found");
    if (repository.token !== undefined && token !== repository.token) throw new HttpError(401, "Repository not found");
    return repository;
  }

  #commit(id: string, revision: string, token: string | undefined): { sha: string; files: Files } {
    const { branches, commits } = this.#repository(id, token);
    const sha = branches.get(revision) ?? revision;
    const files = commits.get(sha);
    if (!files) throw new HttpError(404, `Invalid rev id: ${revision}`);
    return { sha, files };
  }
}

/** What the Hub says about one file: the Git blob's hash and, for LFS, the content's. */
function describe(path: string, content: Uint8Array, commit: string) {
  const lfs = isLfs(path) ? { lfs: { oid: hash("sha256", content), size: content.length, pointerSize: 130 } } : {};
  const oid = hash("sha1", `blob ${content.length}\0`, content);
  return { path, type: "file", oid, size: content.length, lastCommit: { id: commit, title: "", date: 0 }, ...lfs };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}
