import fp from 'fastify-plugin';

/** A named condition of readiness; it throws when the condition does not hold. */
export type ReadinessCheck = () => Promise<void> | void;

interface HealthOptions {
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  readonly isDraining: () => boolean;
}

const CHECK_TIMEOUT_MS = 1_000;
/** Balancers ask several times a second, each for itself; to find out costs a query and more. */
const REMEMBERED_MS = 1_000;

/**
 * `/healthz`: the process answers. `/readyz`: it can do its work; 503 with the names of what is missing otherwise. That it can is
 * remembered for a second; that it is leaving, or cannot, never.
 */
export const health = fp(async (app, { checks, isDraining }: HealthOptions) => {
  const quiet = { schema: { hide: true }, logLevel: 'silent' } as const;

  let readyUntilMs = -Infinity;

  app.get('/healthz', quiet, () => ({ status: 'ok' }));

  app.get('/readyz', quiet, async (_request, reply) => {
    const unmet = isDraining() ? [] : await missingNow();
    // Asked after the checks too, for it may have begun to leave meanwhile.
    const missing = isDraining() ? ['draining'] : unmet;
    if (missing.length > 0) void reply.code(503);
    return missing.length > 0 ? { status: 'not ready', missing } : { status: 'ready' };
  });

  async function missingNow(): Promise<string[]> {
    const askedAtMs = performance.now();
    if (askedAtMs < readyUntilMs) return [];
    const missing = await failing(checks);
    if (missing.length === 0) readyUntilMs = askedAtMs + REMEMBERED_MS;
    return missing;
  }
});

async function failing(checks: Readonly<Record<string, ReadinessCheck>>): Promise<string[]> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => ((await holds(check)) ? undefined : name)),
  );
  return results.filter((name) => name !== undefined);
}

async function holds(check: ReadinessCheck): Promise<boolean> {
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const expired = new Promise<false>((resolve) => {
    timeout.addEventListener('abort', () => resolve(false), { once: true });
  });
  const passed = (async () => check())().then(
    () => true,
    () => false,
  );
  return Promise.race([passed, expired]);
}
