import { buildResourceService, verifiedBy } from '@roomkey/rivals';
import { createTestIssuer } from '@roomkey/test-kit';

const desk = createTestIssuer({ audience: 'http://rooms.test/data' });

/** A test that makes itself a token. */
export async function testWithToken(): Promise<readonly number[]> {
  const app = await buildResourceService(verifiedBy(desk.verifier), { servedBy: 'test' });
  const authorization = `Bearer ${desk.token({ scope: 'data:read' })}`;
  const known = await app.inject({ url: '/documents', headers: { authorization } });
  const unknown = await app.inject({ url: '/documents' });
  await app.close();
  return [known.statusCode, unknown.statusCode];
}
