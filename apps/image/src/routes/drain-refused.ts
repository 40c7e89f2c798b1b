import type { IncomingMessage } from 'node:http';

/** How long a client whose body was refused may go on sending; well-behaved ones stop when they see the answer. */
const LINGER_MS = 2_000;

/**
 * Lets a refusal arrive while its body is still being sent. Closing a connection with unread bytes resets it, and the client
 * would see that instead of the answer; reading on for ever would be the work that was refused. So what still comes is
 * thrown away for a moment, and whoever has not stopped by then is cut off.
 */
export function drainRefused(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  request.once('close', () => clearTimeout(timer));
}
