/** Formats shared by the robot's side and the learner's side. */
export {
  type ActorReport,
  type EpisodeReport,
  fromInteraction,
  type RelabelReport,
  toInteraction,
} from "./actor_report.ts";
export { TransitionCodec } from "./transition_message.ts";
