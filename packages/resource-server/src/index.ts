export { parseCompactJws, type CompactJws } from './compact-jws.ts';
export {
  openIssuerView,
  type IssuerKnowledge,
  type IssuerView,
  type IssuerViewOptions,
} from './issuer-view.ts';
export { importVerificationKey, type SignatureAlgorithm, type VerificationKey } from './verification-key.ts';
export { timeVerifications, type TimedVerifier, type TimingListener } from './timed-verifier.ts';
export { createVerifier, type TrustedIssuer, type Verifier, type VerifierOptions } from './verifier.ts';
export type { Principal, Refusal, RefusalReason, Verdict } from './verdict.ts';
export { decodeStatusArray, StatusList, type StatusArray, type StatusBits } from './status-list.ts';
export { coalesce } from './coalesce.ts';
