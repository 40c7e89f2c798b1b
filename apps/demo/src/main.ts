#!/usr/bin/env node
import process from 'node:process';
import { parseOptions, USAGE, UsageError, type DemoOptions } from './options.ts';
import { runDemo } from './run-demo.ts';

function readOptions(): DemoOptions | undefined {
  try {
    return parseOptions(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return undefined;
  }
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 2;
  if (!options.help) return runDemo(options);
  process.stdout.write(USAGE);
  return 0;
}

// Explicit: nothing that was forgotten keeps the process, and its ports, alive.
process.exit(await main());
