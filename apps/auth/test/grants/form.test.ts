import { expect, test } from 'vitest';
import { parseForm } from '../../src/grants/form.ts';

test('a parameter without a value is as if it were not there (security 55)', () => {
  const parsed = parseForm('scope=&token=x&unknown=y');
  expect(parsed).toMatchObject({ ok: true });
  const form = parsed.ok ? parsed.form : undefined;
  expect([form?.get('scope'), form?.get('token'), form?.get('missing')]).toEqual([undefined, 'x', undefined]);
});

test('only resource and audience may be there more than once (security 55)', () => {
  const parsed = parseForm('resource=urn:a&resource=urn:b&audience=urn:c');
  expect(parsed.ok && parsed.form.all('resource')).toEqual(['urn:a', 'urn:b']);
  for (const name of ['client_id', 'scope', 'subject_token', '__proto__'])
    expect(parseForm(`${name}=a&${name}=`)).toMatchObject({ ok: false, error: 'invalid_request' });
});
