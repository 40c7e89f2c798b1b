export { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from './database.ts';
export { refusalSuite, type RefusalSubject } from './refusal-suite.ts';
export { REFUSAL_VECTORS, type RefusalVector } from './refusal-vectors.ts';
export { createTestIssuer, type TestIssuer } from './test-issuer.ts';
