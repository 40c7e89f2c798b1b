import { open, readFile, type FileHandle } from 'node:fs/promises';

const SHOWN_LINES = 12;
const SHOWN_CHARACTERS = 300;

/** What the processes of one replica write, in one file: begun anew with the system, continued by each restart. */
export class ChildLog {
  readonly file: string;
  #bytesBefore = 0;
  #begun = false;

  constructor(file: string) {
    this.file = file;
  }

  /** Opens the file for the next process. The caller closes it once the process has it. */
  async open(): Promise<FileHandle> {
    const handle = await open(this.file, this.#begun ? 'a' : 'w', 0o600);
    this.#begun = true;
    this.#bytesBefore = (await handle.stat()).size;
    return handle;
  }

  /** The end of what the last process wrote, for a message. */
  async lastLines(): Promise<string> {
    const written = (await readFile(this.file)).subarray(this.#bytesBefore).toString().trimEnd();
    if (written === '') return '  (it wrote nothing)';
    return written
      .split('\n')
      .slice(-SHOWN_LINES)
      .map((line) => `  ${line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line}`)
      .join('\n');
  }
}
