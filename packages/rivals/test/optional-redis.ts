import { startRedis, type RedisServer } from '../src/index.ts';

/** Redis is the machine's: where it is missing, the start must say how to get it, and nothing with it can be tried. */
export async function optionalRedis(): Promise<RedisServer | undefined> {
  try {
    return await startRedis();
  } catch (error) {
    if (!(error as Error).message.includes('apt-get install redis-server')) throw error;
    return undefined;
  }
}
