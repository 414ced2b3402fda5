/**
 * The folder in which an actor's records survive its process: its identity (the session), the run of its records, and a
 * journal per record kind. One process at a time may use it.
 */
import { randomUUID } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileLock } from "../../utils/files/file_lock.ts";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { Turns } from "../../utils/turns.ts";
import { TransportError } from "../errors.ts";

const IdentitySchema = z.strictObject({ session: z.string().min(1), runId: z.string() });
type Identity = z.infer<typeof IdentitySchema>;

export class OutboxFolder {
  readonly path: string;
  #lock: FileLock;
  #identity: Identity;
  /** Changes of lock and identity file. */
  readonly #changes = new Turns();

  private constructor(path: string, lock: FileLock, identity: Identity) {
    this.path = path;
    this.#lock = lock;
    this.#identity = identity;
  }

  /** @throws TransportError `outbox` if another process uses the folder or its identity file is damaged. */
  static async open(path: string): Promise<OutboxFolder> {
    await makeFolder(path);
    const lock = await lockFolder(path);
    try {
      const known = await readIdentity(path);
      const folder = new OutboxFolder(path, lock, known ?? { session: randomUUID(), runId: "" });
      if (known === undefined) await folder.#save();
      return folder;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /**
   * Takes the lock and rewrites the identity file after the folder was deleted or moved away. Does nothing if both are
   * there.
   *
   * @throws LockedError or TransportError `outbox` if another actor has used the folder meanwhile.
   */
  restore(): Promise<void> {
    return this.#changes.take(async () => {
      await makeFolder(this.path);
      if (!this.#lock.isInPlace) {
        this.#lock.release();
        this.#lock = await lockFolder(this.path);
      }
      const known = await readIdentity(this.path);
      if (known === undefined) await this.#save();
      else if (known.session !== this.session) {
        throw new TransportError("outbox", `${this.path} now belongs to another session: move that folder away`);
      }
    });
  }

  get session(): string {
    return this.#identity.session;
  }

  /** The run of the records; empty until the first learner reports it. */
  get runId(): string {
    return this.#identity.runId;
  }

  async bindToRun(runId: string): Promise<void> {
    this.#identity = { ...this.#identity, runId };
    await this.#changes.take(() => this.#save());
  }

  async close(): Promise<void> {
    await this.#changes.take(() => this.#lock.release());
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

function lockFolder(path: string): Promise<FileLock> {
  const subject = `the outbox ${path}`;
  const remedy = "Each actor needs an outbox of its own: give this one another name, or stop the other";
  return FileLock.acquire(join(path, "lock"), { subject, remedy });
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
