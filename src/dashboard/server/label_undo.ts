/**
 * Takes a person's verdict back everywhere: the actor corrects the replay buffer, and the run's log gets the episode as
 * it is without the verdict.
 */
import type { RunEvents } from "../../metrics/index.ts";
import type { Actor, ActorObserver, ActorStep, EpisodeEnd, EpisodeOutcome } from "../../training/actor/index.ts";
import type { LabelControl } from "./run.ts";

type Labelled = Pick<Actor, "name" | "undoLabel">;

/** What the environment says of a step, beneath a person's verdict. */
interface EnvironmentOutcome {
  readonly reward: number;
  readonly terminated: boolean;
}

export class LabelUndo implements ActorObserver {
  #step: ActorStep | undefined;
  #end: EpisodeEnd | undefined;
  #lastStep: ActorStep | undefined;

  onStep(step: ActorStep): void {
    this.#step = step;
  }

  onEpisodeEnd(end: EpisodeEnd): void {
    this.#end = end;
    this.#lastStep = this.#step;
  }

  for(actor: Labelled, events: RunEvents): LabelControl {
    return {
      undoLabel: async () => {
        const [end, step] = [this.#end, this.#lastStep];
        const undone = await actor.undoLabel();
        if (end?.episode === undone.episode && step !== undefined) {
          const own = (step.info.environment as EnvironmentOutcome | undefined) ?? step;
          events.emit({
            type: "episode",
            interaction_step: step.interactionStep,
            actor: actor.name,
            episode: end.episode,
            episodic_return: end.episodicReturn - step.reward + own.reward,
            episode_length: end.length,
            outcome: outcomeOf(own, step),
            intervention_steps: end.interventionSteps,
            duration_s: end.durationS,
            correction: true,
          });
        }
        return undone;
      },
    };
  }
}

/** Where only the person ended the episode, it was cut short without a verdict. */
function outcomeOf({ terminated }: EnvironmentOutcome, { info }: ActorStep): EpisodeOutcome {
  if (info.succeed === true) return "success";
  return terminated ? "failure" : "terminated";
}
