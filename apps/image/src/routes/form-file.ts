/**
 * Reads the one file of a form as it comes (RFC 7578): a first boundary, one part named `file`, a last boundary. What libraries
 * for forms pass over in silence is refused here: other parts, text before the form and after it. What is held is a chunk and
 * a boundary, so a form is bounded by the bytes of its file.
 */
import { Problem } from '@roomkey/service';

/** The head of a part, and what may stand behind the last boundary. */
const MAX_HEAD_BYTES = 4_096;
const MAX_END_BYTES = 64;
/** What a form has beside its file, at most. */
export const MAX_FRAME_BYTES = 2 * MAX_HEAD_BYTES;

const CRLF = '\r\n';
const HEAD_END = Buffer.from(CRLF + CRLF);
// RFC 2046 §5.1.1
const BOUNDARY =
  /;\s*boundary=(?:"([\w'()+,./:=? -]{0,69}[\w'()+,./:=?-])"|([\w!#$%&'*+.^`|~-]{1,70}))\s*(?:;|$)/i;
const DISPOSITION = /^content-disposition:\s*form-data\s*(;.*)$/im;
const PARAMETER = /;\s*([^\s=;"]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g;

/**
 * @param contentType of the form, with its boundary
 * @returns the bytes of the file; asked for more, it throws a {@link Problem} where the form is not as it should be
 */
export async function* fileOfForm(
  body: AsyncIterable<Buffer>,
  contentType: string,
): AsyncGenerator<Buffer, void> {
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformed('Its Content-Type names no boundary.');
  const reading = body[Symbol.asyncIterator]();
  try {
    yield* readForm(reading, Buffer.from(`${CRLF}--${boundary}`, 'latin1'));
  } finally {
    // Held open, it would keep the rest of the body from being thrown away.
    await reading.return?.();
  }
}

async function* readForm(chunks: AsyncIterator<Buffer>, delimiter: Buffer): AsyncGenerator<Buffer, void> {
  // The first boundary stands at the very beginning, where no line ends before it.
  let held = Buffer.from(CRLF);

  async function more(): Promise<boolean> {
    const next = await chunks.next();
    if (next.done === true) return false;
    held = Buffer.concat([held, next.value]);
    return true;
  }

  let headEnd = -1;
  while (headEnd < 0) {
    if (held.length > MAX_HEAD_BYTES || !(await more()))
      throw malformed('It has no part, or one with a head too long.');
    headEnd = held.indexOf(HEAD_END);
  }
  if (headEnd > MAX_HEAD_BYTES) throw malformed('The head of its part is too long.');
  requireFilePart(held.toString('utf8', 0, headEnd), delimiter.toString('latin1'));

  // The line end of the head may be the one before the last boundary: then the file is empty.
  held = held.subarray(headEnd + CRLF.length);
  let start = CRLF.length;
  let end = held.indexOf(delimiter);
  while (end < 0) {
    const certain = held.length - delimiter.length + 1;
    if (certain > start) {
      yield held.subarray(start, certain);
      held = held.subarray(certain);
      start = 0;
    }
    if (!(await more())) throw malformed('It ends before its last boundary.');
    end = held.indexOf(delimiter);
  }
  if (end > start) yield held.subarray(start, end);

  held = held.subarray(end + delimiter.length);
  while (held.length <= MAX_END_BYTES && (await more()));
  if (!/^--[ \t]*(\r\n)?$/.test(held.toString('latin1'))) throw malformed('It goes on after its file.');
}

/** @param head everything up to the part's content, from the line end before the first boundary on */
function requireFilePart(head: string, delimiter: string): void {
  const [start = '', ...rest] = head.split(CRLF).slice(1);
  if (CRLF + start.trimEnd() !== delimiter) throw malformed('It does not begin with its boundary.');
  const [, parameters = ''] = DISPOSITION.exec(rest.join(CRLF)) ?? [];
  // One by one, so that what stands in the quotes of one is not taken for another.
  const named = [...parameters.matchAll(PARAMETER)].find(([, key]) => key?.toLowerCase() === 'name');
  const name = named?.[2] ?? named?.[3];
  if (name === undefined) throw malformed('Its part has no name.');
  if (name !== 'file') throw malformed(`Its part is named "${name.slice(0, 64)}".`);
}

const malformed = (what: string): Problem =>
  new Problem('bad-request', `The form is not taken: ${what} Send one part, named "file", and nothing else.`);
