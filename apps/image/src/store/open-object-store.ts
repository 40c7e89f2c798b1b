import type { ObjectStore } from '../domain/object-store.ts';
import { openFileObjectStore } from './file-object-store.ts';

/** Where objects lie: in a folder, or in a bucket. */
export type ObjectStoreSettings =
  | { readonly OBJECTS_DIR: string }
  | {
      readonly S3_URL: string;
      readonly S3_REGION: string;
      readonly S3_BUCKET: string;
      readonly S3_ACCESS_KEY_ID: string;
      readonly S3_SECRET_ACCESS_KEY: string;
      readonly SCRATCH_DIR: string;
    };

export async function openObjectStore(settings: ObjectStoreSettings): Promise<ObjectStore> {
  if ('OBJECTS_DIR' in settings) return openFileObjectStore(settings.OBJECTS_DIR);
  // The client for S3 is large; who keeps files does not load it.
  const { openS3ObjectStore } = await import('./s3-object-store.ts');
  return openS3ObjectStore({
    url: settings.S3_URL,
    region: settings.S3_REGION,
    bucket: settings.S3_BUCKET,
    accessKeyId: settings.S3_ACCESS_KEY_ID,
    secretAccessKey: settings.S3_SECRET_ACCESS_KEY,
    scratchFolder: settings.SCRATCH_DIR,
  });
}
