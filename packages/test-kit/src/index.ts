export { closedPort, openSilentServer } from './absent-servers.ts';
export { asUser, type Reply, type Send, type SendOptions } from './as-user.ts';
export { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from './database.ts';
export { faultOfRefusal, HOSTILE_BODIES, type HostileBody } from './hostile-bodies.ts';
export { openRecordingProxy, type RecordingProxy } from './recording-proxy.ts';
export {
  openRecordingServer,
  type CannedAnswer,
  type RecordedRequest,
  type RecordingServer,
} from './recording-server.ts';
export { refusalSuite, type RefusalSubject } from './refusal-suite.ts';
export { REFUSAL_VECTORS, type RefusalVector } from './refusal-vectors.ts';
export { rowsHolding } from './rows-holding.ts';
export { serverSuite, type ServerSubject } from './server-suite.ts';
export { settingsWithoutDesk } from './settings-without-desk.ts';
export { createTestIssuer, type TestIssuer } from './test-issuer.ts';
export { publishIssuer, type PublishedIssuer } from './published-issuer.ts';
export { createSeeded, type Seeded } from './seeded.ts';
