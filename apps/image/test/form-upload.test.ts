import { once } from 'node:events';
import { request } from 'node:http';
import { createSeeded, faultOfRefusal } from '@roomkey/test-kit';
import { afterAll, expect, test, vi } from 'vitest';
import { fileOfForm } from '../src/routes/form-file.ts';
import { openImage } from './open-image.ts';
import { corners, noise } from './pictures.ts';

const MAX_BYTES = 200_000;
const image = await openImage({ MAX_UPLOAD_BYTES: MAX_BYTES });
afterAll(() => image[Symbol.asyncDispose]());
const address = await image.app.listen({ host: '127.0.0.1', port: 0 });
const authorization = `Bearer ${image.desk.token({ sub: 'mia', scope: 'image:write image:read' })}`;
const picture = await corners().png().toBuffer();

const TYPE = 'multipart/form-data; boundary=x';
const part = (disposition: string, content: Buffer | string, boundary = 'x') =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
const FILE = 'form-data; name="file"; filename="a.png"';
const form = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.from('--x--\r\n')]);
const upload = (body: Buffer, type = TYPE) => image.mia.upload(body, { 'content-type': type });

/** Sends a form as browsers do. */
async function send(entries: FormData) {
  const answer = await fetch(`${address}/image/images`, {
    method: 'POST',
    headers: { authorization },
    body: entries,
  });
  return { status: answer.status, json: (await answer.json()) as { id: string; detail: string } };
}

const formOf = (...entries: [string, Blob | string, string?][]) => {
  const data = new FormData();
  for (const [name, value, fileName] of entries) {
    if (typeof value === 'string') data.append(name, value);
    else data.append(name, value, fileName);
  }
  return data;
};

test('the form of a browser is the same upload as the bytes alone', async () => {
  const blob = new Blob([new Uint8Array(picture)], { type: 'text/html' });
  const { status, json } = await send(formOf(['file', blob, '../../"x".svg']));
  expect(status).toBe(201);
  const raw = await image.mia.keep(picture);
  const [one, other] = await Promise.all(
    [json.id, raw.id].map((id) => image.mia.picture(id, 'full/max/0/default.png')),
  );
  expect(one?.bytes).toEqual(other?.bytes);
});

test.each([
  ['the bare boundary', TYPE],
  ['a quoted boundary', 'Multipart/Form-Data; charset=utf-8; boundary="x"'],
  ['parameters behind it', 'multipart/form-data; boundary=x; q=1'],
])('a form is taken with %s', async (_name, type) => {
  expect((await upload(form(part(FILE, picture)), type)).status).toBe(201);
});

test.each([
  ['no last line end', Buffer.concat([part(FILE, picture), Buffer.from('--x--')])],
  ['blanks behind its boundary', Buffer.concat([part(FILE, picture), Buffer.from('--x--  \r\n')])],
  ['a name without quotes', form(part('form-data; filename=a; name=file', picture))],
  ['no name of a file', form(part('form-data; name="file"', picture))],
])('a form is taken with %s', async (_name, body) => {
  expect((await upload(body)).status).toBe(201);
});

test.each([
  [
    'another field before the file',
    form(part('form-data; name="title"', 'x'), part(FILE, picture)),
    '"title"',
  ],
  [
    'another field after the file',
    form(part(FILE, picture), part('form-data; name="title"', 'x')),
    'goes on',
  ],
  ['two files', form(part(FILE, picture), part(FILE, picture)), 'goes on'],
  ['another name', form(part('form-data; name="image"; filename="a.png"', picture)), '"image"'],
  ['no name', form(part('form-data; filename="a.png"', picture)), 'no name'],
  ['a name in its file name', form(part('form-data; filename="; name=file"', picture)), 'no name'],
  [
    'no disposition',
    form(Buffer.concat([Buffer.from('--x\r\nA: b\r\n\r\n'), picture, Buffer.from('\r\n')])),
    'no name',
  ],
  ['another disposition', form(part('attachment; name="file"', picture)), 'no name'],
  ['no part', Buffer.from('--x--\r\n'), 'no part'],
  ['text before it', Buffer.concat([Buffer.from('hello\r\n'), form(part(FILE, picture))]), 'begin'],
  ['text behind it', Buffer.concat([form(part(FILE, picture)), Buffer.from('bye')]), 'goes on'],
  ['another boundary than it said', form(part(FILE, picture, 'y')), 'begin'],
  ['no end', part(FILE, picture), 'ends before'],
  ['half an end', Buffer.concat([part(FILE, picture), Buffer.from('--x-')]), 'goes on'],
  ['a head without an end', Buffer.alloc(100_000, 'a'), 'no part'],
  ['a head of 5 KB', form(part(`${FILE}; x="${'y'.repeat(5_000)}"`, picture)), 'too long'],
])('a form with %s is a bad request', async (_name, body, sentence) => {
  const before = await image.files();
  const answer = await upload(body);
  expect(faultOfRefusal({ ...answer, text: '' }, [400])).toBeUndefined();
  expect(answer.json.detail).toContain(sentence);
  expect(await image.files()).toEqual(before);
});

test.each([
  'multipart/form-data',
  'multipart/form-data; boundary=',
  `multipart/form-data; boundary=${'x'.repeat(71)}`,
])('a form of the type %s is a bad request', async (type) => {
  const answer = await upload(form(part(FILE, picture)), type);
  expect([answer.status, answer.json.detail]).toEqual([400, expect.stringContaining('boundary')]);
});

test('what is refused of a body is refused of a file in a form, in the same words (security 123, 125)', async () => {
  for (const [bytes, status] of [
    [Buffer.alloc(0), 400],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 415],
    [picture.subarray(0, 40), 422],
    [Buffer.concat([picture, Buffer.alloc(MAX_BYTES)]), 413],
  ] as const) {
    const [inForm, alone] = [await upload(form(part(FILE, bytes))), await image.mia.upload(bytes)];
    expect([inForm.status, alone.status]).toEqual([status, status]);
    expect(inForm.json.detail).toBe(alone.json.detail);
  }
});

test('a file that is exactly as large as may be is taken in a form too', async () => {
  const padded = Buffer.concat([picture, Buffer.alloc(MAX_BYTES - picture.length)]);
  expect((await send(formOf(['file', new Blob([padded])]))).status).toBe(201);
  expect((await send(formOf(['file', new Blob([padded, '!'])]))).status).toBe(413);
});

test('a form that grows too large is refused while it is still being sent', async () => {
  const sent = request(`${address}/image/images`, {
    method: 'POST',
    headers: { authorization, 'content-type': TYPE },
  });
  sent.on('error', () => {});
  const answered = once(sent, 'response') as Promise<[{ statusCode: number; resume: () => void }]>;
  sent.write(part(FILE, picture));
  const feeding = setInterval(() => sent.write(Buffer.alloc(50_000)), 1);
  const [answer] = await answered.finally(() => clearInterval(feeding));
  expect(answer.statusCode).toBe(413);
  sent.destroy();
});

test('a form that breaks off leaves nothing behind (security 134)', async () => {
  const before = await image.files();
  const sent = request(`${address}/image/images`, {
    method: 'POST',
    headers: { authorization, 'content-type': TYPE },
  });
  sent.on('error', () => {});
  sent.write(part(FILE, await noise(200, 200).png().toBuffer()).subarray(0, 60_000));
  await vi.waitFor(async () => expect((await image.files()).length).toBeGreaterThan(before.length));
  sent.destroy();
  await vi.waitFor(async () => expect(await image.files()).toEqual(before));
});

test('in whatever pieces a form comes, its file is the same bytes', async () => {
  const seeded = createSeeded();
  for (let round = 0; round < 300; round += 1) {
    // Bytes that look like the boundary again and again.
    const file = Buffer.from(
      Array.from({ length: seeded.int(200) }, () => '\r\n--xy'.charCodeAt(seeded.int(6))),
    );
    // What is the boundary, the line end of the head included, is none of the file.
    if (`\r\n${file.toString('latin1')}`.includes('\r\n--xyx')) continue;
    const whole = Buffer.concat([part(FILE, file, 'xyx'), Buffer.from('--xyx--')]);
    async function* pieces() {
      for (let at = 0; at < whole.length;) {
        const length = 1 + seeded.int(1 + seeded.int(60));
        yield whole.subarray(at, at + length);
        at += length;
      }
    }
    const got = Array.fromAsync(fileOfForm(pieces(), 'multipart/form-data; boundary=xyx'));
    await expect(
      got.then((chunks) => Buffer.concat(chunks)),
      `seed ${seeded.seed}, round ${round}`,
    ).resolves.toEqual(file);
  }
});
