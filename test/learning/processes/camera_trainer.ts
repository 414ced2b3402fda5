/** Trains on numbered transitions of a camera, saves halfway, and is killed some updates later: `FOLDER KEEP_IMAGES`. */
import { openRunFolder } from "../../../src/learning/run_folder/run_folder.ts";
import { TrainingCore } from "../../../src/learning/training/training_core.ts";
import { cameraConfig } from "../camera_run.ts";
import { trainThrough } from "../camera_training.ts";

const [output = "", keepImages = "true"] = process.argv.slice(2);
const config = cameraConfig(output, { keep_images: keepImages === "true" });
const folder = await openRunFolder(config);
await folder.begin();
await folder.release(); // whoever resumes need not find out that this process is gone
const core = await TrainingCore.open({ config, folder });
await trainThrough(core, 0, 20);
// The last transition's frames wait to be encoded.
await core.save(null);
await trainThrough(core, 20, 27);
process.kill(process.pid, "SIGKILL");
