export { cookieSession, type SessionStore } from './designs/cookie-session.ts';
export type { DesignName } from './designs/index.ts';
export { verifiedBy } from './designs/signed-token.ts';
export { CHEAP_COST, hashedPassword } from './hashed-password.ts';
export { startRedis, type RedisServer } from './redis-server.ts';
export { buildResourceService } from './resource-service.ts';
export {
  ALGORITHMS,
  createSigner,
  importKnowledge,
  type Algorithm,
  type Signer,
} from './signature-algorithms.ts';
export { startSessionDatabase, type SessionDatabase } from './session-database.ts';
export { signIn, type CredentialHeaders } from './sign-in.ts';
export {
  sessionSecret,
  startBalancer,
  startIntrospectionDesk,
  startRival,
  startSlowPath,
  type RivalSettings,
} from './start.ts';
