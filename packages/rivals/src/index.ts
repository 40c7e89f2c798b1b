export type { DesignName } from './designs/index.ts';
export { startRedis, type RedisServer } from './redis-server.ts';
export {
  ALGORITHMS,
  createSigner,
  importKnowledge,
  type Algorithm,
  type Signer,
} from './signature-algorithms.ts';
export { signIn, type CredentialHeaders } from './sign-in.ts';
export {
  sessionSecret,
  startBalancer,
  startIntrospectionDesk,
  startRival,
  startSessionDatabase,
  startSlowPath,
  type RivalSettings,
  type SessionDatabase,
} from './start.ts';
