/** Starts a local page for drawing each camera's region of interest on the frames of a dataset. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Dataset } from "../../../datasets/dataset.ts";
import { hardenServer } from "../../../utils/harden_server.ts";
import { AccessControl, newToken } from "../connection/access.ts";
import type { PickedRegions, RegionPickerState } from "./protocol.ts";
import { makeRegionPickerApp, type RegionPickerAppOptions } from "./region_picker_app.ts";

const HOST = "127.0.0.1";
const LAST_ANSWER_MS = 500;

export interface RegionPickerOptions extends Pick<RegionPickerAppOptions, "dataset" | "apply"> {
  /** Initial regions and size. */
  readonly initial: PickedRegions;
  /** Folder of the cropped dataset; without it regions are only selected. */
  readonly target: string | undefined;
  /** 0 chooses a free port. */
  readonly port: number;
}

export interface RegionPicker {
  /** Address to open; contains a secret token. */
  readonly url: string;
  /** Settles when regions have been picked and applied. */
  readonly picked: Promise<PickedRegions>;
  close(): Promise<void>;
}

/** @throws Error if the dataset has no cameras or frames, or the port is taken. */
export async function startRegionPicker(options: RegionPickerOptions): Promise<RegionPicker> {
  const { dataset, initial, target, apply, port } = options;
  const state = stateOf(dataset, initial, target);
  const token = newToken();
  let onPicked: (regions: PickedRegions) => void = () => {};
  const picked = new Promise<PickedRegions>((resolve) => {
    onPicked = resolve;
  });
  const app = makeRegionPickerApp({
    dataset,
    state,
    token,
    access: new AccessControl({ host: HOST, token }),
    apply,
    onPicked,
  });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  const hardened = hardenServer(server, { onError: () => {} }); // the page shows the error of its own request
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(port, HOST, listening);
  });
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}/${token}/`,
    picked,
    async close() {
      // Lets the page receive its last response.
      await new Promise((resolve) => setTimeout(resolve, LAST_ANSWER_MS));
      await hardened.close();
    },
  };
}

function stateOf(dataset: Dataset, initial: PickedRegions, target: string | undefined): RegionPickerState {
  const cameras = Object.keys(dataset.features)
    .filter((key) => ["image", "video"].includes(dataset.features[key]!.dtype))
    .map((key) => {
      const { height, width } = dataset.imageSize(key);
      return { key, height, width };
    });
  if (cameras.length === 0) throw new Error(`the dataset in "${dataset.root}" has no cameras to crop`);
  if (dataset.length === 0) throw new Error(`the dataset in "${dataset.root}" has no frames to show`);
  const episodes = dataset.episodes.map(({ episodeIndex, fromIndex, length }) => ({ episodeIndex, fromIndex, length }));
  return { root: dataset.root, target: target ?? null, cameras, episodes, frames: dataset.length, initial };
}
