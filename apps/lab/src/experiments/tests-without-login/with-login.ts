import { buildResourceService, cookieSession } from '@roomkey/rivals';

const password = 'correct horse battery';

/** A test that signs in as a guest does. */
export async function testWithLogin(
  isPassword: (given: string) => Promise<boolean>,
): Promise<readonly number[]> {
  const app = await buildResourceService(cookieSession(), { servedBy: 'test', isPassword });
  const payload = { name: 'ada', password };
  const signedIn = await app.inject({ method: 'POST', url: '/sessions', payload });
  const cookies = Object.fromEntries(signedIn.cookies.map(({ name, value }) => [name, value]));
  const known = await app.inject({ url: '/documents', cookies });
  const unknown = await app.inject({ url: '/documents' });
  await app.close();
  return [known.statusCode, unknown.statusCode];
}
