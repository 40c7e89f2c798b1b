/** Logs numbered lines in bursts, and leaves in the middle of them: with the last burst when `at-once` is given, else a turn later. */
import process, { argv } from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { standardOutput } from '../src/log-destination.ts';

const [bursts, linesPerBurst, how] = argv.slice(2);
const out = standardOutput();
let number = 0;
for (let burst = 0; burst < Number(bursts); burst += 1) {
  if (burst > 0) await setImmediate();
  for (let line = 0; line < Number(linesPerBurst); line += 1)
    out.write(`${JSON.stringify({ number: (number += 1), text: 'é'.repeat(80) })}\n`);
}
if (how !== 'at-once') await setImmediate();
process.send?.('leaving');
process.exit();
