/** A command that does nothing until it is interrupted, and then says how. */
import process, { pid, stdout } from 'node:process';
import { watchForInterruption } from '../src/interruption.ts';

const alive = setInterval(() => undefined, 60_000);
watchForInterruption(({ signal, exitCode }) => {
  stdout.write(`ends ${signal} ${exitCode}\n`);
  clearInterval(alive);
  process.exitCode = exitCode;
});
stdout.write(`waits ${pid}\n`);
