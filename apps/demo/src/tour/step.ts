import type { Answer, Client } from '../client.ts';
import type { Screen } from '../screen.ts';
import type { System } from '@roomkey/embedded-system';

/** What every step works with. */
export interface Stage {
  readonly system: System;
  readonly client: Client;
  readonly screen: Screen;
  /** Different in each run, so that names are free however often the tour was played on the same data. */
  readonly run: string;
}

/** Tells what an answer was: the request, the status, who answered, how long the card took. */
export function report({ screen }: Stage, answer: Answer, remark = ''): void {
  const { request, status, servedBy, verification } = answer;
  const card =
    verification === undefined
      ? ''
      : `, card verified in ${verification.ms.toFixed(3)} ms${verification.known ? ' (seen before)' : ''}`;
  const by = servedBy === undefined ? 'by the gateway' : `by ${servedBy}`;
  screen.detail(`${shorten(request)} → ${status} ${screen.faint(`${by}${card}`)}${remark && `  ${remark}`}`);
}

/** Ids are for machines: their beginning says enough. */
const shorten = (request: string): string =>
  request.replace(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '$1…');
