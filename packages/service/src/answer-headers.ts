/**
 * What every answer carries, whoever gives it (security 49, 142).
 *
 * @param requestId by which a log line is found
 */
export function answerHeaders(requestId: string) {
  return {
    'x-request-id': requestId,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
  };
}
