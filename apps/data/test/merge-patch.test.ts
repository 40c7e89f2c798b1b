import { expect, test } from 'vitest';
import { readJsonText, type JsonObject } from '../src/domain/json-text.ts';
import { mergePatch } from '../src/domain/merge-patch.ts';

function contentOf(text: string): JsonObject {
  const reading = readJsonText(Buffer.from(text));
  if (!reading.ok) throw new Error(reading.fault);
  return reading.document.content;
}

// RFC 7396, appendix A, as far as a document and its patch are objects; and what it leaves open.
test.each([
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ['{"a":1.50}', '{"a":{"b":1.50,"c":null}}', '{"a":{"b":1.50}}'],
  ['{"a":{"b":1.0}}', '{"a":{"b":{"rawJSON":null}}}', '{"a":{"b":{}}}'],
  ['{"a":{"b":1}}', '{}', '{"a":{"b":1}}'],
  ['{}', '{"a":[null,{"b":null}]}', '{"a":[null,{"b":null}]}'],
  [
    '{}',
    '{"constructor":{"prototype":{"x":1}},"toString":{"a":null}}',
    '{"constructor":{"prototype":{"x":1}},"toString":{}}',
  ],
])('%s with %s is %s', (target, patch, result) => {
  expect(JSON.stringify(mergePatch(contentOf(target), contentOf(patch)))).toBe(result);
});
