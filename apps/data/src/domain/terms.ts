/**
 * What documents are found by. Each top-level member with a plain value makes a term: a number of 64 bits that says name, type
 * and value at once. A filter compares terms alone, so that the database never reads the text of a document to judge it, and
 * no document, however it is written, can make a filter fail.
 */
import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from './json-text.ts';

/** A 64-bit integer in decimal digits, as PostgreSQL takes a bigint. */
export type Term = string;

/** Longer texts, of strings and of numbers, are kept but not found. */
export const MAX_VALUE_CHARACTERS = 1_024;

const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null']);

/** The terms of a document, each once. */
export function termsOf(content: JsonObject): Term[] {
  const terms = Object.entries(content).map(([name, value]) => termOfMember(name, value));
  return [...new Set(terms.filter((term) => term !== undefined))];
}

/**
 * The term of a condition "this member has this value". A value is written as in JSON; whatever is no number, `true`, `false`,
 * `null` or quoted string is a string as it stands.
 *
 * @returns `undefined` for a text that begins like a quoted string and is none
 */
export function termOfCondition(name: string, value: string): Term | undefined {
  if (WORDS.has(value)) return term(name, 'word', value);
  const number = decimal(value);
  if (number !== undefined) return term(name, 'number', number);
  if (!value.startsWith('"')) return term(name, 'string', value);
  const text = quoted(value);
  return text === undefined ? undefined : term(name, 'string', text);
}

function termOfMember(name: string, value: JsonValue): Term | undefined {
  if (value === null || typeof value === 'boolean') return term(name, 'word', String(value));
  if (typeof value === 'string')
    return value.length <= MAX_VALUE_CHARACTERS ? term(name, 'string', value) : undefined;
  if (!JSON.isRawJSON(value) || value.rawJSON.length > MAX_VALUE_CHARACTERS) return undefined;
  const number = decimal(value.rawJSON);
  return number === undefined ? undefined : term(name, 'number', number);
}

/** JSON.stringify escapes half surrogate pairs, so that no two conditions become one in UTF-8. */
const term = (name: string, type: 'word' | 'number' | 'string', value: string): Term =>
  hash('sha256', JSON.stringify([name, type, value]), 'buffer')
    .readBigInt64BE()
    .toString();

/** One writing for all that mean the same number, to the last digit: 1, 1.0 and 10e-1 are `1e0`. No double, no cast, no overflow. */
function decimal(text: string): string | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}

function quoted(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
