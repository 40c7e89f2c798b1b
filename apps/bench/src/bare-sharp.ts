import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type PictureFormat = 'jpg' | 'webp';
export type PictureSize = readonly [width: number, height: number];

/** What the process of bare sharp is asked for. */
export type BareRequest =
  | { readonly task: 'photograph'; readonly path: string }
  | {
      readonly task: 'transform';
      readonly path: string;
      readonly format: PictureFormat;
      readonly sizes: readonly PictureSize[];
    };

export interface BareResult {
  readonly tookMs: number;
  readonly cpuMicroseconds: number;
}

export interface BareSharp extends AsyncDisposable {
  run(request: BareRequest): Promise<BareResult>;
}

/** sharp in a process of its own. */
export function startBareSharp(): BareSharp {
  const child = fork(fileURLToPath(new URL('./servers/bare-sharp.ts', import.meta.url)));
  return {
    async run(request) {
      child.send(request);
      const [result] = (await once(child, 'message')) as [BareResult];
      return result;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
