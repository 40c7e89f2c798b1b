import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { argv } from 'node:process';
import { performance } from 'node:perf_hooks';
import { listenMeasured } from '@roomkey/experiment/measured';

/**
 * `slow-path.ts <port> <round trip in ms>`: passes bytes on to a port of this machine, later. Timers count in milliseconds, so
 * what is due sooner is waited for here: in short sleeps between looks at the sockets.
 */
const [port = '', roundTripMs = ''] = argv.slice(2);
const delayMs = Number(roundTripMs) / 2;
const SLEEP_MS = 0.03;
const sleeper = new Int32Array(new SharedArrayBuffer(4));
const waiting: { readonly dueAt: number; readonly pass: () => void }[] = [];
let isRunning = false;

/** The kernel rounds sleeps up to 50 µs unless told otherwise. */
function askForShortSleeps(): void {
  try {
    writeFileSync('/proc/self/timerslack_ns', '1000');
  } catch {
    // Longer sleeps then: the path says by a measurement how slow it is.
  }
}

function later(pass: () => void): void {
  waiting.push({ dueAt: performance.now() + delayMs, pass });
  if (isRunning) return;
  isRunning = true;
  setImmediate(work);
}

function work(): void {
  for (let first = waiting[0]; first !== undefined && first.dueAt <= performance.now(); first = waiting[0]) {
    waiting.shift();
    first.pass();
  }
  const [next] = waiting;
  isRunning = next !== undefined;
  if (next === undefined) return;
  const leftMs = next.dueAt - performance.now();
  if (leftMs > 0) Atomics.wait(sleeper, 0, 0, Math.min(leftMs, SLEEP_MS));
  setImmediate(work);
}

function passOn(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.on('data', (chunk) => later(() => to.write(chunk)));
  from.on('end', () => later(() => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => later(() => to.destroy()));
}

askForShortSleeps();
const server = createServer((near) => {
  const far = connect(Number(port), '127.0.0.1');
  passOn(near, far);
  passOn(far, near);
});
listenMeasured(server);
