/** A summary of a dataset in a few lines. */
import type { Dataset } from "../dataset.ts";
import { type Feature, isCamera } from "../schema/features.ts";

export function describeDataset(dataset: Dataset): string {
  const { info, episodes, tasks, length } = dataset;
  const lengths = episodes.map((episode) => episode.length);
  const seconds = length / info.fps;
  const lines = [
    `LeRobotDataset ${info.codebase_version} in ${dataset.root}`,
    `${episodes.length} episodes, ${length} frames at ${info.fps} frames per second (${seconds.toFixed(1)} s)`,
    ...(lengths.length > 0 ? [`episode length ${Math.min(...lengths)} to ${Math.max(...lengths)} frames`] : []),
    ...(info.robot_type ? [`robot: ${info.robot_type}`] : []),
    "tasks:",
    ...tasks.map((task, index) => `  ${index}: ${task}`),
    "features:",
    ...Object.entries(info.features).map(([key, feature]) => `  ${key}: ${describeFeature(feature)}`),
  ];
  return lines.join("\n");
}

function describeFeature(feature: Feature): string {
  const codec = feature.info?.["video.codec"];
  const type = `${feature.dtype} [${feature.shape.join(", ")}]`;
  return isCamera(feature) && typeof codec === "string" ? `${type}, ${codec}` : type;
}
