import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonText } from '../src/domain/json-text.ts';
import { termOfCondition, termsOf } from '../src/domain/terms.ts';

function termsOfText(text: string): string[] {
  const reading = readJsonText(Buffer.from(text));
  if (!reading.ok) throw new Error(reading.fault);
  return termsOf(reading.document.content);
}

test.each([
  ['1', ['1', '1.0', '10e-1', '0.1E1', '1e0', '1e+0', '100e-2']],
  ['0', ['0', '-0', '0.0', '0e5', '-0.00e-20000']],
  ['-12.5', ['-12.5', '-125e-1', '-12.50']],
  ['1e-20000', ['1e-20000', '0.1e-19999', '10e-20001']],
  ['9007199254740993', ['9007199254740993', '9007199254740993.0']],
])('a number is the same however it is written: %s', (condition, writings) => {
  for (const writing of writings) {
    expect(termsOfText(`{"n":${writing}}`)).toEqual([termOfCondition('n', condition)]);
    expect(termOfCondition('n', writing)).toBe(termOfCondition('n', condition));
  }
});

test('values of different types, and numbers of different digits, are different', () => {
  const values = ['1', '"1"', 'true', '"true"', 'null', '"null"', '""', '0', 'false', '-1', '1e-20000', '10'];
  const close = ['9007199254740992', '9007199254740993', '0.1', '0.10000000000000001', '1e300', '1e-300'];
  const terms = [...values, ...close].map((value) => termOfCondition('n', value));
  expect(new Set(terms).size).toBe(values.length + close.length);
  expect(new Set(terms.map((term) => typeof term))).toEqual(new Set(['string']));
  expect(termOfCondition('m', '1')).not.toBe(termOfCondition('n', '1'));
});

test('lists, objects and long texts make no term; the rest makes one each', () => {
  const long = 'x'.repeat(1_025);
  const digits = '1'.repeat(1_025);
  expect(termsOfText(`{"a":[1],"b":{"c":1},"d":"${long}","e":0.${digits}}`)).toEqual([]);
  expect(termsOfText('{"a":1,"a":2}')).toEqual([termOfCondition('a', '2')]);
});

test('what is no JSON is a string as it stands; an open quote is none', () => {
  for (const text of ['Mia', '', ' 1', '01', '1.', '.5', '+1', '0x1', 'NaN', 'True', '{"a":1}', '[1]', 'a"b'])
    expect(termOfCondition('a', text)).toBe(termOfCondition('a', JSON.stringify(text)));
  for (const text of ['"', '"a', '"a"b', '"\n"']) expect(termOfCondition('a', text)).toBeUndefined();
});

test('every member with a plain value is found by what JSON says of it', () => {
  const plain = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 50 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  );
  const property = fc.property(
    fc.dictionary(fc.string({ unit: 'grapheme' }), plain, { noNullPrototype: true }),
    (document) => {
      fc.pre(!/\\u0000|__proto__/.test(JSON.stringify(document)));
      const found = Object.entries(document).map(([name, value]) =>
        termOfCondition(name, JSON.stringify(value)),
      );
      expect(new Set(termsOfText(JSON.stringify(document)))).toEqual(new Set(found));
    },
  );
  const outcome = fc.check(property);
  expect(fc.defaultReportMessage(outcome)).toBeUndefined();
});
