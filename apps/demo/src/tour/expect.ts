import type { Answer } from '../client.ts';

/** What was seen is not what should be. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected';
}

/** @throws {Unexpected} with what was seen */
export function expect(holds: boolean, expected: string, seen: string): asserts holds {
  if (!holds) throw new Unexpected(`expected ${expected}, saw ${seen}`);
}

/** @throws {Unexpected} with the answer's own words, when its status is none of these */
export function expectStatus(answer: Answer, ...statuses: readonly number[]): Answer {
  const expected = `${statuses.join(' or ')} to ${answer.request}`;
  const by = answer.servedBy ?? 'the gateway';
  expect(statuses.includes(answer.status), expected, `${answer.status} from ${by}: ${excerpt(answer)}`);
  return answer;
}

const SHOWN_CHARACTERS = 300;

function excerpt({ body }: Answer): string {
  return body.toString().slice(0, SHOWN_CHARACTERS) || '(no body)';
}
