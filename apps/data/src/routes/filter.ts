import { Problem } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import { MAX_VALUE_CHARACTERS, termOfCondition, type Term } from '../domain/terms.ts';

const PREFIX = 'where.';
const MAX_CONDITIONS = 4;

/** For the query of a list: `where.<member>=<value>`, up to four members. */
export const filterQuery = {
  patternProperties: { '^where\\.[\\s\\S]{1,256}$': Type.String({ maxLength: MAX_VALUE_CHARACTERS }) },
};

export const FILTER_DESCRIPTION =
  `\`where.<member>=<value>\`, at most ${MAX_CONDITIONS} of them, lists only documents whose top-level member has that value: ` +
  '`where.done=true`, `where.n=12`, `where.name=Mia`, `where.name=null`. A value is read as JSON, and as a string when it is no ' +
  'number, true, false, null or quoted string; quote what a person typed: `where.name="12"`.';

/**
 * Reads the conditions out of a query; all of them must hold.
 *
 * @throws {Problem} `invalid-request` for too many, or for a value that begins like a quoted string and is none
 */
export function filterIn(query: object): Term[] {
  const conditions = Object.entries(query).filter(([name]) => name.startsWith(PREFIX));
  if (conditions.length > MAX_CONDITIONS)
    throw new Problem('invalid-request', `A list is filtered by at most ${MAX_CONDITIONS} members.`);
  return conditions.map(([name, value]) => {
    const term = termOfCondition(name.slice(PREFIX.length), String(value));
    if (term !== undefined) return term;
    throw new Problem('invalid-request', `The value of ${PREFIX}… is no JSON string; close the quotes.`);
  });
}
