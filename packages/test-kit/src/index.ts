export { refusalSuite, type RefusalSubject } from './refusal-suite.ts';
export { REFUSAL_VECTORS, type RefusalVector } from './refusal-vectors.ts';
export { createTestIssuer, type TestIssuer } from './test-issuer.ts';
