import process, { stderr, stdout } from 'node:process';
import type { Drill, Outcome } from './drill.ts';
import { authAway } from './drills/auth-away.ts';
import { million } from './drills/million.ts';
import { revocation } from './drills/revocation.ts';
import { rotation } from './drills/rotation.ts';

const DRILLS: readonly Drill[] = [revocation, rotation, authAway, million];

/** `pnpm drill`: lists them. `pnpm drill <name> [--json]`: runs one; the exit code says whether its goal holds. */
async function main(args: readonly string[]): Promise<number> {
  const isJson = args.includes('--json');
  const [name, ...rest] = args.filter((arg) => arg !== '--json');
  if (name === undefined) {
    for (const drill of DRILLS) stdout.write(`${drill.name.padEnd(12)} ${drill.promise}\n`);
    return 0;
  }
  const drill = DRILLS.find((one) => one.name === name);
  if (drill === undefined || rest.length > 0) {
    stderr.write(
      `There is no drill "${[name, ...rest].join(' ')}". There are: ${DRILLS.map((one) => one.name).join(', ')}.\n`,
    );
    return 2;
  }
  const startedAt = Date.now();
  stderr.write(`${drill.promise}\n`);
  const outcome = await drill.run((line) => stderr.write(`  ${seconds(startedAt)}  ${line}\n`));
  stdout.write(isJson ? `${JSON.stringify({ drill: name, ...outcome })}\n` : summary(drill, outcome));
  return outcome.ok ? 0 : 1;
}

function summary({ name }: Drill, { figures, goal, ok }: Outcome): string {
  const lines = Object.entries(figures).map(([key, value]) => `  ${key.padEnd(24)} ${JSON.stringify(value)}`);
  return [
    `${name}: ${ok ? 'the promise holds' : 'THE PROMISE DOES NOT HOLD'}`,
    ...lines,
    `  goal: ${goal}`,
    '',
  ].join('\n');
}

function seconds(startedAt: number): string {
  return `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`.padStart(8);
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  stderr.write(
    `The drill could not be carried out: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  return 1;
});
