/**
 * Receives transitions and reports from actors: checks them, refuses what cannot be used, and passes the rest on to the
 * training. Refused and late ones are counted and reported by `news`.
 */
import type { UncountedRunEvent } from "../../metrics/run_event.ts";
import type { ReplayFeatures } from "../../replay/features.ts";
import { type ActorReport, fromInteraction, type RelabelReport } from "../../spec/actor_report.ts";
import { TransportError } from "../../transport/errors.ts";
import type { Refusal } from "../../transport/link.ts";
import type { ReceivedInteraction, ReceivedTransition } from "../../transport/messages.ts";
import type { Training } from "../training/training_messages.ts";
import type { IngestQueue } from "./ingest_queue.ts";
import { RemoteActors } from "./remote_actors.ts";
import { Tally } from "./tally.ts";
import { TransitionGate } from "./transition_gate.ts";

export interface ReceptionOptions {
  /** The features of a transition. */
  readonly features: ReplayFeatures;
  readonly training: Pick<Training, "ask">;
  readonly intake: IngestQueue;
  /** Emits actors' reports as events; without it they are only checked, and their corrections applied. */
  readonly emit?: (event: UncountedRunEvent) => void;
  /** Called when the training has failed. */
  readonly onFailure: (error: Error) => void;
}

export class Reception {
  readonly #training: Pick<Training, "ask">;
  readonly #intake: IngestQueue;
  readonly #gate: TransitionGate;
  readonly #remoteActors: RemoteActors | undefined;
  readonly #onFailure: (error: Error) => void;
  readonly #rejected = new Tally("transitions cannot be trained on and were refused so far");
  readonly #refusedReports = new Tally("reports were refused so far");
  readonly #lostRelabels = new Tally("corrections came too late so far");
  readonly #leftOut = new Tally("notices and states came too fast and were left out so far");

  constructor({ features, training, intake, emit, onFailure }: ReceptionOptions) {
    this.#training = training;
    this.#intake = intake;
    this.#gate = new TransitionGate(features);
    if (emit !== undefined) this.#remoteActors = new RemoteActors(emit);
    this.#onFailure = onFailure;
  }

  /** Transitions that could not be stored or trained on so far. */
  get refusedTransitions(): number {
    return this.#rejected.count;
  }

  /** Accepts what can be stored and trained on. @returns the rest, which its actor drops. */
  async takeTransitions(received: readonly ReceivedTransition[]): Promise<readonly Refusal[]> {
    const { records, refusals } = this.#gate.split(received);
    this.#rejected.add(refusals.length, placeOf(refusals, received[0]!.id.session));
    if (records.length === 0) return refusals;
    const bytes = received.reduce((sum, { tensors }) => sum + bytesOf(tensors), 0);
    await this.#intake.admit(records.length, bytes);
    // Not awaited: the actor may send more. A request to save cannot overtake it.
    this.#training.ask({ type: "transitions", records }).then((rejected) => {
      this.#intake.done(records.length, bytes);
      const last = rejected.at(-1);
      this.#rejected.add(rejected.length, last ? place(last.id.sequence, last.id.session, last.message) : "");
    }, this.#onFailure);
    return refusals;
  }

  /** @returns the malformed reports. */
  takeInteractions(received: readonly ReceivedInteraction[]): readonly Refusal[] {
    const refusals: Refusal[] = [];
    const reports: ActorReport[] = [];
    for (const interaction of received) {
      const { session, sequence } = interaction.id;
      try {
        const report = fromInteraction(interaction);
        this.#remoteActors?.checkName(session, report.actor);
        if (report.kind === "relabel") this.#relabel(session, report);
        reports.push(report);
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        refusals.push({ sequence, reason: error.message });
      }
    }
    const { session } = received[0]!.id;
    this.leaveOut(this.#remoteActors?.take(session, reports) ?? 0, `actor session ${session}`);
    this.#refusedReports.add(refusals.length, placeOf(refusals, session));
    return refusals;
  }

  /** Counts notices and states left out because they came too fast. */
  leaveOut(count: number, whose: string): void {
    this.#leftOut.add(count, `of ${whose}`);
  }

  /** To be called now and then: detects actors that have gone silent. @returns counts that were not reported yet. */
  news(): string[] {
    this.#remoteActors?.missSilent();
    return [this.#rejected, this.#refusedReports, this.#lostRelabels, this.#leftOut].flatMap(
      (tally) => tally.news() ?? [],
    );
  }

  #relabel(session: string, { actor, sequence, reward, terminated, truncated }: RelabelReport): void {
    this.#training
      .ask({ type: "relabel", relabel: { session, sequence, reward, terminated, truncated } })
      .then((outcome) => {
        if (outcome !== "gone") return;
        this.#lostRelabels.add(1, `${actor} corrected transition ${sequence}, which is too old to be found`);
      }, this.#onFailure);
  }
}

function placeOf(refusals: readonly Refusal[], session: string): string {
  const last = refusals.at(-1);
  return last ? place(last.sequence, session, last.reason) : "";
}

function place(sequence: number, session: string, reason: string): string {
  return `${sequence} of actor session ${session}: ${reason}`;
}

function bytesOf(tensors: ReceivedTransition["tensors"]): number {
  return Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
}
