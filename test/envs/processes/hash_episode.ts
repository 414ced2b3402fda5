/** Prints the hash of an episode. `hash_episode.ts <seed>` */
import { hashEpisode } from "../hash_episode.ts";

console.log(await hashEpisode(Number(process.argv[2])));
