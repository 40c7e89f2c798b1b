import { createReadStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

export interface S3BucketOptions {
  /** Of the server; the bucket is named in the path. */
  readonly url: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface ListedKey {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

const CONNECT_TIMEOUT_MS = 1_000;
/** From a request to the head of its answer. */
const ANSWER_TIMEOUT_MS = 4_000;
/** The same, where a large body is sent first. */
const SENDING_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 30_000;
const ATTEMPTS = 2;
const RETRY_PAUSE_MS = 100;
/** Each picture that is being read holds a connection, for as long as its reader takes. */
const MAX_CONNECTIONS = 512;

/**
 * A bucket of any server that speaks S3, by what all of them have: PUT, GET, DELETE and ListObjectsV2, signed (SigV4), the hash
 * of the body with them. Checksums and batches that only some know are left alone.
 *
 * Every method but the absence of a key throws an error with the code `EIO`: a server that is away, refuses, or does not know
 * its bucket is a disk that cannot be used.
 */
export class S3Bucket {
  readonly #client: S3Client;
  readonly #Bucket: string;

  constructor({ url, region, bucket, accessKeyId, secretAccessKey }: S3BucketOptions) {
    this.#Bucket = bucket;
    this.#client = new S3Client({
      endpoint: url,
      region,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: ATTEMPTS,
      requestHandler: {
        connectionTimeout: CONNECT_TIMEOUT_MS,
        requestTimeout: ANSWER_TIMEOUT_MS,
        throwOnRequestTimeout: true,
        socketTimeout: IDLE_TIMEOUT_MS,
        httpAgent: { maxSockets: MAX_CONNECTIONS },
        httpsAgent: { maxSockets: MAX_CONNECTIONS },
      },
    });
  }

  /** Sends a file; what is there under the key is replaced as a whole. */
  async put(key: string, path: string, bytes: number): Promise<void> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    const sha256 = hash.digest('hex');
    // The client does not send a stream twice, for it has been read; a file can be opened again.
    for (let attempt = 1; ; attempt += 1) {
      const command = new PutObjectCommand({
        Bucket: this.#Bucket,
        Key: key,
        Body: createReadStream(path),
        ContentLength: bytes,
      });
      // Found there, it is what is signed; a stream would go unsigned otherwise.
      command.middlewareStack.add(
        (next) => (given) => {
          (given.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = sha256;
          return next(given);
        },
        { step: 'build' },
      );
      try {
        await this.#client.send(command, { requestTimeout: SENDING_TIMEOUT_MS });
        return;
      } catch (error) {
        if (attempt === ATTEMPTS || isRefusal(error)) throw unusable(error);
        await delay(RETRY_PAUSE_MS);
      }
    }
  }

  async get(key: string): Promise<{ bytes: number; stream: Readable } | undefined> {
    try {
      const command = new GetObjectCommand({ Bucket: this.#Bucket, Key: key });
      const { Body, ContentLength } = await this.#client.send(command);
      if (Body === undefined || ContentLength === undefined) throw new Error('an answer without a body');
      return { bytes: ContentLength, stream: Body as Readable };
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'NoSuchKey') return undefined;
      throw unusable(error);
    }
  }

  async delete(key: string): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#Bucket, Key: key }));
    } catch (error) {
      throw unusable(error);
    }
  }

  async *list(prefix: string): AsyncGenerator<ListedKey, void> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.#Bucket,
        Prefix: prefix,
        ...(token !== undefined && { ContinuationToken: token }),
      });
      const page = await this.#client.send(command).catch((error: unknown) => {
        throw unusable(error);
      });
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (Key === undefined || LastModified === undefined) continue;
        yield { key: Key, bytes: Size ?? 0, modifiedAt: LastModified };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }
}

/** The server has understood and said no: to ask again is no use. */
const isRefusal = (error: unknown): boolean =>
  error instanceof S3ServiceException && (error.$metadata.httpStatusCode ?? 500) < 500;

function unusable(cause: unknown): Error {
  const error = new Error('the object store cannot be used', { cause });
  return Object.assign(error, { code: 'EIO' });
}
