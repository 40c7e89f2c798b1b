import { faultOfRefusal } from '@roomkey/test-kit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonText } from '../src/domain/json-text.ts';
import { openData } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';
const JSON_WITH_ANY_TEXT = fc.json({ stringUnit: 'binary', maxDepth: 6 });

/** Documents of all kinds, some with a character changed, dropped or added. */
const bodies = fc
  .oneof(
    fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()).map((value) => JSON.stringify(value)),
    JSON_WITH_ANY_TEXT.map((text) => `{"a":${text}}`),
    fc
      .tuple(
        JSON_WITH_ANY_TEXT,
        fc.nat(),
        fc.constantFrom('', '"', '\\', '{', ']', ',', '1e999', '-', '\\u0000', '\\udead'),
      )
      .map(
        ([text, at, insert]) =>
          `{"a":${text.slice(0, at % text.length)}${insert}${text.slice((at % text.length) + 1)}}`,
      ),
  )
  // Half a surrogate pair has no bytes in UTF-8; it can only be sent escaped.
  .map((text) => text.toWellFormed());

test('whatever is taken comes back as it was; whatever is not gets a sentence', async () => {
  await using data = await openData();
  const property = fc.asyncProperty(bodies, async (body) => {
    const created = await data.mia('POST', NOTES, { body });
    if (created.status !== 201) return faultOfRefusal(created, [400]) === undefined;
    return (await data.mia('GET', String(created.headers['location']))).text === body;
  });
  const outcome = await fc.check(property, { numRuns: 300 });
  expect(fc.defaultReportMessage(outcome)).toBeUndefined();
});

test('a document of the largest size is read in a moment, however it is made', () => {
  const texts = ['[', '"', '\\"', '{"a":', '1,', '1e1', ' ', '"\\u0000",'].map((part) =>
    part.repeat(256 * 1024).slice(0, 256 * 1024),
  );
  const startedAt = performance.now();
  for (const text of texts) readJsonText(Buffer.from(text));
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
