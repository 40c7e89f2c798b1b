import process from 'node:process';
import { loadSettings, originSettings, roomSettings, serviceSettings } from '@roomkey/service';
import { Type } from '@roomkey/schema';

const schema = Type.Object({
  ...serviceSettings,
  ...originSettings,
  ...roomSettings,
  DATABASE_URL: Type.String({ pattern: '^postgres(ql)?://', description: "this service's own database" }),
  OBJECTS_DIR: Type.String({
    minLength: 1,
    description: 'folder of the object store, shared by all replicas',
  }),
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
    default: 150 * 1024 * 1024,
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
});

/** The settings of this process. @throws SettingsError naming every fault */
export const readSettings = () => loadSettings(schema, process.env);

export type Settings = ReturnType<typeof readSettings>;
