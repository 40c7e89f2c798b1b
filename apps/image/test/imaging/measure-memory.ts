/** Reads and writes an image as a worker does, in a process of its own, and says how much memory that took at its peak. */
import process, { argv, stdout } from 'node:process';
import { normalise } from '../../src/imaging/normalise.ts';

const [small = '', large = '', kind = 'jpeg', output = '', maxMemoryBytes = ''] = argv.slice(2);
const limits = {
  maxPixels: 50_000_000,
  maxMemoryBytes: Number(maxMemoryBytes),
  maxStoredBytes: 64 * 1024 * 1024,
};
const jobOf = (input: string) => ({ input, output, kind: kind as 'jpeg', limits });
const peakBytes = () => process.resourceUsage().maxRSS * 1024;

// What the codec needs once is not the image's.
await normalise(jobOf(small));
const before = peakBytes();
const result = await normalise(jobOf(large));
stdout.write(JSON.stringify({ result, extraBytes: peakBytes() - before }));
