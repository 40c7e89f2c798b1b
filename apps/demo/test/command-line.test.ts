import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { parseOptions, UsageError } from '../src/options.ts';
import { DemoRun, endOf, scratchFolder } from './demo-run.ts';

test('without options it is two replicas on port 8080, which PORT and then --port change', () => {
  expect(parseOptions([], {})).toMatchObject({ replicas: 2, port: 8080, once: false, fresh: false });
  expect(parseOptions([], { PORT: '9000' }).port).toBe(9000);
  expect(parseOptions(['--port', '9001'], { PORT: '9000' }).port).toBe(9001);
  expect(parseOptions(['--', '--once'], {}).once).toBe(true);
  expect(parseOptions(['--against', 'https://Hotel.example:8443/'], {}).against).toBe(
    'https://hotel.example:8443',
  );
});

test.each([
  [['--twice'], {}, "Unknown option '--twice'"],
  [['tour'], {}, "Unexpected argument 'tour'"],
  [['--replicas', '0'], {}, '--replicas must be a whole number from 1 to 8, not "0"'],
  [['--replicas', 'many'], {}, '--replicas must be a whole number from 1 to 8, not "many"'],
  [['--replicas'], {}, '--replicas'],
  [['--port', '65536'], {}, '--port must be a whole number from 0 to 65535, not "65536"'],
  [['--once=yes'], {}, '--once'],
  [['--data', ''], {}, '--data needs the name of a folder'],
  [['--against', '127.0.0.1:8080'], {}, '--against needs an origin such as http://127.0.0.1:8080, not'],
  [['--against', 'http://127.0.0.1:8080/image'], {}, '--against needs an origin'],
  [
    ['--against', 'http://127.0.0.1:8080', '--replicas', '2'],
    {},
    '--replicas makes no sense beside --against',
  ],
  [['--against', 'http://127.0.0.1:8080', '--fresh'], {}, '--fresh makes no sense beside --against'],
  [[], { PORT: 'http' }, 'PORT must be a whole number from 0 to 65535, not "http"'],
])('%j with %j is refused with a sentence', (args, env, sentence) => {
  expect(() => parseOptions(args, env)).toThrow(UsageError);
  expect(() => parseOptions(args, env)).toThrow(sentence);
});

test('an option it does not know ends it with 2, the sentence and the usage, before anything is made', async () => {
  await using folder = await scratchFolder();
  await using run = new DemoRun(folder.data, '--twice');
  expect(await run.end()).toEqual(endOf(2));
  expect(run.output).toContain("Unknown option '--twice'.");
  expect(run.output).toContain('--replicas N');
  await expect(access(folder.data)).rejects.toThrow('ENOENT');
});

test('a taken port ends it with 1 and names the port and how to choose another, before anything is started', async () => {
  await using folder = await scratchFolder();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    await using run = new DemoRun(folder.data, '--port', String(port));
    expect(await run.end()).toEqual(endOf(1));
    expect(run.output).toContain(
      `Port ${port} on 127.0.0.1 is taken by another program. Choose another one:`,
    );
    expect(run.output).toContain('--port');
    expect(run.output).not.toContain('postgres');
  } finally {
    other.close();
  }
});

test('--help says what there is', async () => {
  await using folder = await scratchFolder();
  await using run = new DemoRun(folder.data, '--help');
  expect(await run.end()).toEqual(endOf(0));
  for (const option of ['--once', '--replicas', '--port', '--data', '--fresh'])
    expect(run.output).toContain(option);
});
