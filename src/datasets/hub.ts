/** Datasets on the Hugging Face Hub: pushed with the version tag that LeRobot's readers expect, pulled completely. */
import { readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { confinedPath } from "../utils/files/confined_path.ts";
import { makeFolder } from "../utils/files/make_folder.ts";
import { explainHubError, type HubConnection, hubConnection } from "../utils/hub/hub_connection.ts";
import { type HubFile, verifiedContent } from "../utils/hub/hub_download.ts";
import { type PushToHubOptions, pushToHub } from "../utils/hub/push_to_hub.ts";
import { datasetCard } from "./card.ts";
import { CODEBASE_VERSION, readInfo } from "./meta/info.ts";
import { WORK_FOLDER } from "./writing/commit.ts";

export interface PushDatasetOptions extends Omit<PushToHubOptions, "repoType" | "include"> {
  /** License for the dataset's card. Default: "apache-2.0". */
  readonly license?: string;
}

/**
 * Uploads a dataset, with a card if it has none, and moves the tag `v3.0` to the new commit.
 * @throws Error if the folder holds no dataset, a recording is in progress, or the Hub refuses.
 */
export async function pushDataset(root: string, id: string, options: PushDatasetOptions = {}) {
  const info = await readInfo(root);
  if ((await readdir(root)).includes(WORK_FOLDER)) {
    throw new Error(`"${root}" is being recorded, or recording ended without closing it: close or resume it first`);
  }
  const card = join(root, "README.md");
  await writeFile(card, datasetCard(id, info, options.license), { flag: "wx" }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    },
  );
  const pushed = await pushToHub(root, id, {
    ...options,
    repoType: "dataset",
    include: (path) => !path.startsWith("images/"),
    commitTitle: options.commitTitle ?? `Upload dataset: ${info.total_episodes} episodes`,
  });
  await moveTag(id, pushed.commit, hubConnection(options));
  return pushed;
}

/** The client library supports branches but not tags. */
async function moveTag(id: string, commit: string, { hubUrl, token }: HubConnection & { hubUrl: string }) {
  const url = `${hubUrl}/api/datasets/${id}/tag`;
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  await fetch(`${url}/${CODEBASE_VERSION}`, { method: "DELETE", headers });
  const body = JSON.stringify({ tag: CODEBASE_VERSION });
  const response = await fetch(`${url}/${commit}`, { method: "POST", headers, body });
  if (response.ok) return;
  throw new Error(`"${id}" was pushed, but the Hub refused the tag ${CODEBASE_VERSION} (status ${response.status})`);
}

export interface PullDatasetOptions extends HubConnection {
  /** Branch, tag or commit. Default: the tag `v3.0`. */
  readonly revision?: string;
  /** Called after each file. */
  readonly onFile?: (path: string, done: number, total: number) => void;
}

/**
 * Downloads a dataset into a folder that does not exist yet. An interrupted download resumes where it stopped.
 * @throws Error if the folder exists, the dataset or revision does not, or a file's hash differs.
 */
export async function pullDataset(id: string, root: string, options: PullDatasetOptions = {}): Promise<void> {
  const { revision = CODEBASE_VERSION, onFile } = options;
  if ((await readdir(root).catch(() => [])).length > 0)
    throw new Error(`"${root}" is not empty; choose another folder`);
  const connection = hubConnection(options);
  const access = { hubUrl: connection.hubUrl, ...(connection.token ? { accessToken: connection.token } : {}) };
  const repo = { type: "dataset", name: id } as const;
  const partial = `${root}.partial`;
  const { downloadFile, listFiles } = await import("@huggingface/hub");
  try {
    const files: HubFile[] = [];
    for await (const entry of listFiles({ ...access, repo, revision, recursive: true })) {
      // Leftovers of an unfinished recording are not part of a dataset.
      const isOurs = !entry.path.split("/").includes(WORK_FOLDER);
      if (entry.type === "file" && isOurs) files.push(entry as HubFile);
    }
    for (const [i, file] of files.entries()) {
      const target = confinedPath(partial, file.path);
      const present = await stat(target).catch(() => undefined);
      if (present === undefined) {
        const blob = await downloadFile({ ...access, repo, revision, path: file.path });
        if (blob === null) throw new Error(`the dataset lists ${file.path} but does not have it`);
        await makeFolder(dirname(target));
        await writeFile(`${target}.download`, verifiedContent(blob.stream(), file));
        await rename(`${target}.download`, target);
      }
      onFile?.(file.path, i + 1, files.length);
    }
    await readInfo(partial);
    await rm(root, { recursive: true, force: true });
    await makeFolder(dirname(root));
    await rename(partial, root);
  } catch (error) {
    throw explainHubError(error, `dataset "${id}" at revision "${revision}"`, connection);
  }
}
