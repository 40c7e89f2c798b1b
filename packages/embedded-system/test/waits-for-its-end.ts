/** A command that does nothing until it is interrupted, says how, and ends when nobody has anything more to say to it. */
import { once } from 'node:events';
import process, { pid, stdin, stdout } from 'node:process';
import { watchForInterruption } from '../src/interruption.ts';

const alive = setInterval(() => undefined, 60_000);
const allSaid = once(stdin.resume(), 'end');
watchForInterruption(({ signal, exitCode }) => {
  stdout.write(`ends ${signal} ${exitCode}\n`);
  process.exitCode = exitCode;
  void allSaid.then(() => clearInterval(alive));
});
stdout.write(`waits ${pid}\n`);
