/** Checks that the optional packages this config needs are installed. */
import { cameraKeys } from "../../../datasets/schema/features.ts";
import { hasVideoBackend } from "../../../datasets/video/choose.ts";
import { requirePackage } from "../../../utils/require_package.ts";
import { type Check, error, type Finding, ok } from "../check.ts";

export const packagesCheck: Check = {
  name: "packages",
  async run(setup) {
    const findings: Finding[] = [];
    if (setup.env?.name === "gym_hil") findings.push(await installed("@mujoco/mujoco", "The simulated Panda"));
    const dataset = await setup.dataset();
    if (dataset.state === "there" && cameraKeys(dataset.value.features, "video").length > 0) {
      const why = "The dataset's frames are videos.";
      const todo = "npm install node-av, or put the program ffmpeg on the path.";
      findings.push((await hasVideoBackend()) ? ok("videos can be read") : error("no video library", { why, todo }));
    }
    return findings;
  },
};

/** @param feature that needs the package, as the start of a sentence. */
export async function installed(name: string, feature: string): Promise<Finding> {
  try {
    await requirePackage(name, feature);
    return ok(`${name} is installed`);
  } catch (cause) {
    return error((cause as Error).message);
  }
}
