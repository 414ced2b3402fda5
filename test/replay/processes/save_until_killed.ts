/** Saves a growing buffer again and again until it is killed. `save_until_killed.ts <folder>` */
import { ReplayArchive } from "../../../src/replay/replay_archive.ts";
import { addTo, bufferOf } from "../numbered_buffer.ts";

const archive = new ReplayArchive(process.argv[2]!);
const buffer = bufferOf(30);
for (let count = 30; ; count += 3) {
  await archive.save(buffer);
  process.stdout.write("saved ");
  addTo(buffer, count, 3);
}
