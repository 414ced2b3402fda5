/** Passes an actor's steps and episodes to a live stream. The actor has it from the start; the stream is attached later. */
import type { ActorObserver, ActorStep, EpisodeEnd, EpisodeStart } from "../../rollout/index.ts";
import type { LiveStream } from "./live_stream.ts";

export class LiveObserver implements ActorObserver {
  #stream: LiveStream | undefined;

  attach(stream: LiveStream | undefined): void {
    this.#stream = stream;
  }

  onEpisodeStart({ episode }: EpisodeStart): void {
    this.#stream?.startEpisode(episode);
  }

  onStep({ nextObservation: observation, ...step }: ActorStep): void {
    this.#stream?.step({ ...step, observation });
  }

  onEpisodeEnd({ episode, episodicReturn, length, outcome, interventionSteps, interventions }: EpisodeEnd): void {
    this.#stream?.finishEpisode({
      episode,
      outcome,
      episodic_return: episodicReturn,
      episode_length: length,
      intervention_steps: interventionSteps,
      interventions,
    });
  }
}
