import { stdout } from 'node:process';
import { startMeasuredProcess } from '../src/measured-process.ts';

const { pid } = await startMeasuredProcess(new URL('./listening.ts', import.meta.url));
stdout.write(String(pid));
