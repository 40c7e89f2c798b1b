import type { Answer, Client } from '../client.ts';
import type { Screen } from '../screen.ts';
import type { ServiceName, System } from '@roomkey/embedded-system';

/** A system as its visitors see it, wherever it runs. */
export interface VisitedSystem {
  readonly origin: string;
  /** The replicas of each service, by the names in their answers. */
  readonly services: ReadonlyMap<ServiceName, readonly { readonly name: string }[]>;
}

/** What every step works with. */
export interface Stage {
  readonly system: VisitedSystem;
  readonly client: Client;
  readonly screen: Screen;
  /** Different in each run, so that names are free however often the tour was played on the same data. */
  readonly run: string;
}

/** The same where the demo runs the system itself: its processes can be ended, its logs read. */
export interface OwnStage extends Stage {
  readonly system: System;
}

export const isOwn = (stage: Stage): stage is OwnStage => 'kill' in stage.system;

/** Tells what an answer was: the request, the status, who answered, how long the card took. */
export function report(
  { screen }: Stage,
  answer: Answer,
  remark = '',
  { servedBy }: Pick<Answer, 'servedBy'> = answer,
): void {
  const { request, status, verification } = answer;
  const card =
    verification === undefined
      ? ''
      : `, card verified in ${verification.ms.toFixed(3)} ms${verification.known ? ' (seen before)' : ''}`;
  const by = servedBy === undefined ? 'by the gateway' : `by ${servedBy}`;
  screen.detail(`${shorten(request)} → ${status} ${screen.faint(`${by}${card}`)}${remark && `  ${remark}`}`);
}

/** Ids are for machines: their beginning says enough. */
export const shorten = (request: string): string =>
  request.replace(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '$1…');
