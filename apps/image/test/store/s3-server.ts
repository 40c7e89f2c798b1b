/**
 * An S3 server in a process of its own. Where it is less strict than S3, it is made so here: every request must be signed, the
 * hash of the body is held against the one that was signed, and objects appear whole.
 */
import { createHash, randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import process, { argv } from 'node:process';
import { buffer } from 'node:stream/consumers';
import { isSigned } from './sigv4.ts';

interface Context {
  readonly req: IncomingMessage;
  status: number;
  body: string;
}
type PutContent = (path: string, content: IncomingMessage) => Promise<[bytes: number, md5: string]>;
interface Server {
  readonly middleware: ((context: Context, next: () => Promise<void>) => Promise<void>)[];
  readonly store: { putContent: PutContent };
  run(): Promise<unknown>;
}

// It has no types.
const require = createRequire(import.meta.url);
const S3rver = require('@20minutes/s3rver') as new (options: object) => Server;

const [directory, bucket, port] = argv.slice(2);
const server = new S3rver({
  address: '127.0.0.1',
  port: Number(port),
  directory,
  silent: true,
  vhostBuckets: false,
  // It does not see the slash behind a bucket, which is signed; signatures are checked below.
  allowMismatchedSignatures: true,
  configureBuckets: [{ name: bucket }],
});

server.middleware.unshift(async (context, next) => {
  if (isSigned(context.req, (id) => (id === 'S3RVER' ? 'S3RVER' : undefined))) return next();
  context.status = 403;
  context.body = '<Error><Code>SignatureDoesNotMatch</Code></Error>';
});

server.store.putContent = async (path, content) => {
  const bytes = await buffer(content);
  const signed = content.headers['x-amz-content-sha256'];
  if (createHash('sha256').update(bytes).digest('hex') !== signed) {
    throw Object.assign(new Error('XAmzContentSHA256Mismatch'), { status: 400, expose: true });
  }
  const beside = `${path}.${randomUUID()}`;
  await writeFile(beside, bytes);
  await rename(beside, path);
  return [bytes.length, createHash('md5').update(bytes).digest('hex')];
};

process.on('disconnect', () => process.exit());
await server.run();
process.send?.('listening');
