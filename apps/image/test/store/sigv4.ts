import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;
const CLOCK_SKEW_MS = 15 * 60 * 1_000;

/**
 * Whether a request is signed with Signature Version 4 as the server must find it, from the request as it came ("Signature
 * Calculations for the Authorization Header", Amazon S3 API Reference): host, date and the hash of the body with it.
 */
export function isSigned(
  request: IncomingMessage,
  secretOf: (accessKeyId: string) => string | undefined,
): boolean {
  const { headers, method = '', url = '' } = request;
  const [, accessKeyId = '', day = '', region = '', names = '', signature] =
    AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
  const secret = secretOf(accessKeyId);
  const time = String(headers['x-amz-date']);
  const signedNames = names.split(';');
  if (secret === undefined || !time.startsWith(day) || !isNow(time)) return false;
  if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => signedNames.includes(name)))
    return false;

  const [path = '', query = ''] = url.split('?', 2);
  const canonical = [
    method,
    path,
    query
      .split('&')
      .filter(Boolean)
      .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
      .sort()
      .join('&'),
    ...signedNames.map((name) => `${name}:${String(headers[name]).trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const digest = createHash('sha256').update(canonical).digest('hex');
  let key = Buffer.from(`AWS4${secret}`);
  for (const part of [...scope.split('/'), `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`]) {
    key = createHmac('sha256', key).update(part).digest();
  }
  return key.toString('hex') === signature;
}

function isNow(time: string): boolean {
  const iso = time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return Math.abs(Date.parse(iso) - Date.now()) < CLOCK_SKEW_MS;
}
