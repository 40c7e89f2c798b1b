import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** A language with the JWT library that its users take, and a short program that uses it as its documentation says. */
export interface Language {
  readonly name: string;
  readonly library: string;
  /** Interpreters to try: the system's own one comes first, because its packages belong to it. */
  readonly programs: readonly string[];
  readonly script: string;
  readonly install: string;
}

export const LANGUAGES: readonly Language[] = [
  {
    name: 'Python',
    library: 'PyJWT',
    programs: ['/usr/bin/python3', 'python3'],
    script: 'verify.py',
    install: 'apt-get install python3-jwt python3-cryptography, or pip install "pyjwt[crypto]"',
  },
  {
    name: 'Ruby',
    library: 'ruby-jwt',
    programs: ['/usr/bin/ruby', 'ruby'],
    script: 'verify.rb',
    install: 'apt-get install ruby ruby-jwt, or gem install jwt',
  },
  {
    name: 'Perl',
    library: 'Crypt::JWT',
    programs: ['/usr/bin/perl', 'perl'],
    script: 'verify.pl',
    install: 'apt-get install libcrypt-jwt-perl, or cpan Crypt::JWT',
  },
];

/** What a verifier is given, in any language. */
export interface Task {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: unknown;
  readonly tokens: readonly string[];
}

/** The first interpreter that has the library; undefined where none has. */
export async function findInterpreter(language: Language): Promise<string | undefined> {
  for (const program of language.programs) {
    const nothing: Task = { issuer: '', audience: '', jwks: { keys: [] }, tokens: [] };
    const answer = await run(program, language.script, nothing).catch(() => undefined);
    if (answer?.length === 0) return program;
  }
  return undefined;
}

/**
 * Which of the tokens the library accepts.
 *
 * @throws when the program ends otherwise than with a list
 */
export async function run(program: string, script: string, task: Task): Promise<readonly boolean[]> {
  const child = spawn(program, [fileURLToPath(new URL(script, import.meta.url))], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
  });
  child.stdin.on('error', () => undefined).end(JSON.stringify(task));
  return JSON.parse(await Promise.race([text(child.stdout), failed])) as boolean[];
}

/** Lines of code of a program: without empty ones and comments. */
export async function countLines(script: string): Promise<number> {
  const source = await readFile(new URL(script, import.meta.url), 'utf8');
  return source.split('\n').filter((line) => /^\s*[^\s#"]/.test(line)).length;
}
