import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import {
  clientSettings,
  eventSettings,
  loadSettings,
  originSettings,
  roomSettings,
  serviceSettings,
  SettingsError,
} from '@roomkey/service';
import { Type } from '@roomkey/schema';

const inFolder = {
  OBJECTS_DIR: Type.String({
    minLength: 1,
    description: 'folder of the object store, shared by all replicas; or set S3_URL and what belongs to it',
  }),
};

const inBucket = {
  S3_URL: Type.String({
    pattern: '^https?://[^/?#]+/?$',
    description: 'the S3 server; buckets are named in the path',
  }),
  S3_BUCKET: Type.String({
    pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
    description: 'the bucket of all replicas',
  }),
  S3_REGION: Type.String({
    minLength: 1,
    default: 'us-east-1',
    description: 'the region that requests are signed for',
  }),
  S3_ACCESS_KEY_ID: Type.String({ minLength: 1 }),
  S3_SECRET_ACCESS_KEY: Type.String({
    minLength: 1,
    description: 'a secret, so rather S3_SECRET_ACCESS_KEY_FILE',
  }),
  SCRATCH_DIR: Type.String({
    minLength: 1,
    default: join(tmpdir(), 'roomkey-image'),
    description: 'folder of this machine where files lie until they are objects',
  }),
};

const everywhere = {
  ...serviceSettings,
  ...originSettings,
  ...roomSettings,
  ...clientSettings,
  ...eventSettings,
  DATABASE_URL: Type.String({ pattern: '^postgres(ql)?://', description: "this service's own database" }),
  MAX_UPLOAD_BYTES: Type.Integer({ minimum: 1, default: 20 * 1024 * 1024 }),
  MAX_STORED_BYTES: Type.Integer({
    minimum: 1,
    default: 64 * 1024 * 1024,
    description: 'largest original after it was encoded anew',
  }),
  MAX_PIXELS: Type.Integer({
    minimum: 1,
    default: 50_000_000,
    description: 'width × height × frames of an upload',
  }),
  MAX_DECODING_BYTES: Type.Integer({
    minimum: 1,
    default: 140 * 1024 * 1024,
    description: 'memory that decoding one upload may take',
  }),
  MAX_OUTPUT_SIDE: Type.Integer({
    minimum: 1,
    default: 4_096,
    description: 'widest and highest picture given out',
  }),
  MAX_OUTPUT_PIXELS: Type.Integer({
    minimum: 1,
    default: 8_500_000,
    description: 'largest picture given out',
  }),
  QUOTA_IMAGES: Type.Integer({ minimum: 1, default: 1_000, description: 'images one user may keep' }),
  QUOTA_BYTES: Type.Integer({
    minimum: 1,
    default: 1024 ** 3,
    description: 'bytes of originals one user may keep',
  }),
  DERIVED_BYTES: Type.Integer({
    minimum: 0,
    default: 4 * 1024 ** 3,
    description: 'bytes of derivatives kept, of all users together; the oldest go first',
  }),
  RECENT_BYTES: Type.Integer({
    minimum: 0,
    default: 32 * 1024 * 1024,
    description: 'bytes of derivatives kept in memory for a minute besides, once they were asked for again',
  }),
  SWEEP_SECONDS: Type.Integer({
    minimum: 1,
    default: 600,
    description: 'between two sweeps of what crashes left in the object store, by whichever replica',
  }),
  IMAGE_WORKERS: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 2,
    description: 'images worked on at a time',
  }),
  IMAGE_QUEUE: Type.Integer({
    minimum: 0,
    default: 16,
    description: 'images that wait for a worker, then 503',
  }),
};

const folderSchema = Type.Object({ ...everywhere, ...inFolder });
const bucketSchema = Type.Object({ ...everywhere, ...inBucket });

/** The settings of this process: of one object store, which must be said. @throws SettingsError naming every fault */
export function readSettings(env: Readonly<Record<string, string | undefined>> = process.env) {
  const isSet = (name: string) => env[name] !== undefined || env[`${name}_FILE`] !== undefined;
  const bucketNames = Object.keys(inBucket).filter((name) => name.startsWith('S3_') && isSet(name));
  const faults =
    isSet('OBJECTS_DIR') && bucketNames.length > 0
      ? [`OBJECTS_DIR and ${bucketNames.join(', ')} are both set; objects lie in a folder or in a bucket`]
      : [];
  try {
    const settings = loadSettings(bucketNames.length > 0 ? bucketSchema : folderSchema, env);
    if (faults.length === 0) return settings;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    faults.push(...error.faults);
  }
  throw new SettingsError(faults);
}

export type Settings = ReturnType<typeof readSettings>;
