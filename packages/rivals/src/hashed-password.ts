import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const hash = promisify(argon2);
/** OWASP's cheapest setting for Argon2id, the same that our desk has. */
const USUAL_COST = { parallelism: 1, memory: 19_456, passes: 2, tagLength: 32 };

/** What tests take instead: as little as Argon2 allows. */
export const CHEAP_COST: typeof USUAL_COST = { parallelism: 1, memory: 8, passes: 1, tagLength: 32 };

/** Keeps a password hashed; the function it returns says whether it was given the same. */
export async function hashedPassword(
  password: string,
  cost = USUAL_COST,
): Promise<(given: string) => Promise<boolean>> {
  const nonce = randomBytes(16);
  const derive = (message: string): Promise<Buffer> => hash('argon2id', { message, nonce, ...cost });
  const kept = await derive(password);
  return async (given) => timingSafeEqual(await derive(given), kept);
}
