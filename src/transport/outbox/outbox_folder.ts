/**
 * The folder that makes an actor's records survive the actor: who it is (the session), which run its records belong
 * to, and a journal per record kind. One process at a time may use it.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { TransportError } from "../errors.ts";

const IdentitySchema = z.strictObject({ session: z.string().min(1), runId: z.string() });
type Identity = z.infer<typeof IdentitySchema>;

export class OutboxFolder {
  readonly path: string;
  #identity: Identity;

  private constructor(path: string, identity: Identity) {
    this.path = path;
    this.#identity = identity;
  }

  /** @throws TransportError `outbox` when another process uses the folder or its identity file is damaged. */
  static async open(path: string): Promise<OutboxFolder> {
    await mkdir(path, { recursive: true });
    await lock(join(path, "lock"));
    const known = await readIdentity(path);
    const folder = new OutboxFolder(path, known ?? { session: randomUUID(), runId: "" });
    if (known === undefined) await folder.#save();
    return folder;
  }

  get session(): string {
    return this.#identity.session;
  }

  /** The run that the records were made for; empty until the first learner said so. */
  get runId(): string {
    return this.#identity.runId;
  }

  async bindToRun(runId: string): Promise<void> {
    this.#identity = { ...this.#identity, runId };
    await this.#save();
  }

  async close(): Promise<void> {
    await unlink(join(this.path, "lock"));
  }

  async #save(): Promise<void> {
    const path = join(this.path, "session.json");
    const file = await open(`${path}.new`, "w");
    await file.writeFile(JSON.stringify(this.#identity));
    await file.sync();
    await file.close();
    await rename(`${path}.new`, path);
  }
}

async function readIdentity(folder: string): Promise<Identity | undefined> {
  const path = join(folder, "session.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return IdentitySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new TransportError("outbox", `${path} is damaged; move the folder away to start a new session`, { cause });
  }
}

async function lock(path: string): Promise<void> {
  try {
    await writeFile(path, String(process.pid), { flag: "wx" });
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const owner = Number(await readFile(path, "utf8"));
  // Our own number is a leftover: containers give every process the same one.
  if (owner !== process.pid && isAlive(owner)) {
    throw new TransportError(
      "outbox",
      `process ${owner} uses this outbox (if that is not a Handrail actor, delete ${path}); each actor needs its own`,
    );
  }
  await writeFile(path, String(process.pid));
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
