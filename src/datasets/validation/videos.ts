/** Checks the video files: frame counts, frame times, sizes, and that episodes' segments tile each file. */
import type { Dataset } from "../dataset.ts";
import type { EpisodeRecord } from "../meta/episodes.ts";
import { locateFile } from "../reading/locate_file.ts";
import { cameraKeys } from "../schema/features.ts";
import type { VideoBackend } from "../video/backend.ts";
import { videoBackend } from "../video/choose.ts";
import type { Problems } from "./problem.ts";

const TOLERANCE_S = 1e-4;

export async function checkVideos(dataset: Dataset, problems: Problems): Promise<void> {
  const keys = cameraKeys(dataset.features, "video");
  if (keys.length === 0 || dataset.episodes.length === 0) return;
  const backend = await problems.try(keys[0]!, videoBackend);
  if (!backend) return;
  for (const key of keys) {
    const files = new Map<string, EpisodeRecord[]>();
    for (const episode of dataset.episodes) {
      const file = dataset.videoPath(episode, key);
      files.set(file, [...(files.get(file) ?? []), episode]);
    }
    for (const [file, episodes] of files) {
      checkSegments(dataset, key, file, episodes, problems);
      await problems.try(file, () => checkFile(backend, dataset, key, file, episodes, problems));
    }
  }
}

/** Segments follow each other without gaps, each as long as its episode. */
function checkSegments(
  { info }: Dataset,
  key: string,
  file: string,
  episodes: readonly EpisodeRecord[],
  problems: Problems,
): void {
  let end = 0;
  for (const { episodeIndex, length, videos } of episodes) {
    const { fromTimestampS, toTimestampS } = videos[key]!;
    const at = (name: string) => ({ file: "meta/episodes", row: episodeIndex, field: `videos/${key}/${name}` });
    if (Math.abs(fromTimestampS - end) > TOLERANCE_S) {
      problems.add(at("from_timestamp"), `${fromTimestampS} s, but the episode before it in ${file} ends at ${end} s`);
    }
    if (Math.abs(toTimestampS - fromTimestampS - length / info.fps) > TOLERANCE_S) {
      const duration = toTimestampS - fromTimestampS;
      problems.add(at("to_timestamp"), `the segment lasts ${duration} s, its ${length} frames ${length / info.fps} s`);
    }
    end = toTimestampS;
  }
}

async function checkFile(
  backend: VideoBackend,
  dataset: Dataset,
  key: string,
  file: string,
  episodes: readonly EpisodeRecord[],
  problems: Problems,
): Promise<void> {
  const { fps } = dataset.info;
  const probe = await backend.probe(await locateFile(dataset.root, file));
  const frames = episodes.reduce((sum, { length }) => sum + length, 0);
  if (probe.timestampsS.length !== frames) {
    const problem = `holds ${probe.timestampsS.length} frames, its episodes have ${frames}`;
    problems.add({ file, field: key }, problem);
    return;
  }
  const declared = declaredSize(dataset, key);
  if (declared !== `${probe.height} × ${probe.width}`) {
    const problem = `frames are ${probe.height} × ${probe.width}, but meta/info.json says ${declared}`;
    problems.add(
      { file, field: key },
      `${problem}; \`handrail dataset convert\` writes the dataset with their real size`,
    );
  }
  const misplaced = probe.timestampsS.findIndex((timestamp, i) => Math.abs(timestamp - i / fps) > TOLERANCE_S);
  if (misplaced >= 0) {
    const found = probe.timestampsS[misplaced];
    problems.add({ file, field: key, row: misplaced }, `this frame is at ${found} s instead of ${misplaced / fps} s`);
  }
}

function declaredSize(dataset: Dataset, key: string): string {
  try {
    const { height, width } = dataset.imageSize(key);
    return `${height} × ${width}`;
  } catch {
    return `[${dataset.features[key]!.shape.join(", ")}]`;
  }
}

/** Decodes frames of an episode: the first and the last, or all. */
export async function checkDecoding(dataset: Dataset, episode: EpisodeRecord, all: boolean, problems: Problems) {
  for (const key of cameraKeys(dataset.features, "video")) {
    await problems.try(dataset.videoPath(episode, key), async () => {
      if (all) {
        for await (const _ of dataset.frames(episode, { features: [key] }));
        return;
      }
      await dataset.frame(episode.fromIndex, { features: [key] });
      await dataset.frame(episode.toIndex - 1, { features: [key] });
    });
  }
}
