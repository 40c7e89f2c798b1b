import type { DeriveJob, DeriveResult, NormaliseJob, NormaliseResult } from '../domain/image-processor.ts';

export type WorkerRequest =
  | { readonly task: 'normalise'; readonly job: NormaliseJob }
  | { readonly task: 'derive'; readonly job: DeriveJob };

export type WorkerResult = NormaliseResult | DeriveResult;

export type WorkerMessage =
  /** Sent once, when codecs are loaded: the time before is not the first job's. */
  | { readonly kind: 'ready' }
  /** Sent before anything is done for a job: what goes wrong later may be the image's doing, what went wrong before is not. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'result'; readonly result: WorkerResult }
  | { readonly kind: 'fault'; readonly message: string; readonly code: string | undefined };
