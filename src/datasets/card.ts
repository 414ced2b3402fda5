/** The card (README.md) of a dataset on the Hub. Its front matter lets the Hub's viewer and Python load the data. */
import { type DatasetInfo, serialiseInfo } from "./meta/info.ts";

export function datasetCard(id: string, info: DatasetInfo, license = "apache-2.0"): string {
  const episodes = `${info.total_episodes} episodes, ${info.total_frames} frames at ${info.fps} frames per second`;
  return `---
license: ${license}
task_categories:
- robotics
tags:
- LeRobot
configs:
- config_name: default
  data_files: data/*/*.parquet
---

# ${id}

${episodes}, in the [LeRobotDataset](https://github.com/huggingface/lerobot) format ${info.codebase_version}.

\`meta/info.json\`:

\`\`\`json
${serialiseInfo(info)}
\`\`\`
`;
}
