import { verify } from 'node:crypto';
import { Guest, withSystem } from '@roomkey/experiment';
import { createTestIssuer, REFUSAL_VECTORS, type TestIssuer } from '@roomkey/test-kit';
import type { Bench, Finding, LabExperiment } from '../../finding.ts';
import { bars } from '../../plots.ts';
import { countLines, findInterpreter, LANGUAGES, run, type Language, type Task } from './languages.ts';

const AUDIENCE = 'http://rooms.test/data';
const VALID = 20;
const LEAST_LANGUAGES = 2;

/** Tokens of the real desk, and every token that our own verifier is tested to refuse, given to other languages' libraries. */
export const anyLanguage: LabExperiment = {
  name: 'any-language',
  claim: 'A token is a standard: any language can verify it with a library it has already.',
  async run({ progress }) {
    const languages = await findLanguages(progress);
    const desk = createTestIssuer({ audience: AUDIENCE });
    const real = await realTask(progress);
    const vectors = REFUSAL_VECTORS.map(({ name, token }) => ({
      name: name.replace(/ \(security.*\)$/, ''),
      token: token(desk),
    }));
    const improper = vectors.filter(({ token }) => isSigned(token, desk));
    const forged = vectors.filter(({ token }) => !isSigned(token, desk));
    const task = { issuer: desk.issuer, audience: AUDIENCE, jwks: { keys: [desk.jwk] } };
    const valid = Array.from({ length: VALID }, () => desk.token());
    const seen: Seen[] = [];
    for (const { language, program } of languages.found) {
      const judge = (tokens: readonly string[]) => run(program, language.script, { ...task, tokens });
      const acceptedOf = async (all: readonly { name: string; token: string }[]): Promise<string[]> => {
        const accepted = await judge(all.map(({ token }) => token));
        return all.filter((_, at) => accepted[at]).map(({ name }) => name);
      };
      seen.push({
        language: `${language.name}, ${language.library}`,
        lines: await countLines(language.script),
        realAccepted: (await run(program, language.script, real)).every(Boolean),
        validAccepted: count(await judge(valid)),
        acceptsForged: await acceptedOf(forged),
        acceptsImproper: await acceptedOf(improper),
      });
      progress(`${language.name}: ${JSON.stringify(seen.at(-1))}`);
    }
    const refusedByOurs = (all: readonly { token: string }[]): number =>
      all.filter(({ token }) => !desk.verifier.verify(token).ok).length;
    const totals = { forged: forged.length, improper: improper.length };
    const ours = {
      accepted: valid.length - refusedByOurs(valid.map((token) => ({ token }))),
      forgedRefused: refusedByOurs(forged),
      improperRefused: refusedByOurs(improper),
    };
    return conclude(seen, ours, totals, languages.missing);
  },
};

interface Seen {
  readonly language: string;
  readonly lines: number;
  /** A token of the running desk, with the keys that it publishes. */
  readonly realAccepted: boolean;
  readonly validAccepted: number;
  readonly acceptsForged: readonly string[];
  /** Of what the issuer's key signed and our profile refuses. */
  readonly acceptsImproper: readonly string[];
}

interface Found {
  readonly found: readonly { readonly language: Language; readonly program: string }[];
  readonly missing: readonly Language[];
}

async function findLanguages(progress: Bench['progress']): Promise<Found> {
  const found: { language: Language; program: string }[] = [];
  const missing: Language[] = [];
  for (const language of LANGUAGES) {
    const program = await findInterpreter(language);
    if (program === undefined) missing.push(language);
    else found.push({ language, program });
  }
  for (const { name, install } of missing) progress(`${name} has no JWT library here: ${install}`);
  if (found.length < LEAST_LANGUAGES) {
    const needed = missing.map(({ install }) => install).join('; ');
    throw new Error(`it takes at least ${LEAST_LANGUAGES} other languages: ${needed}`);
  }
  return { found, missing };
}

/** A token of the running desk, and the keys that it publishes. */
function realTask(progress: Bench['progress']): Promise<Task> {
  return withSystem({ replicas: 1 }, progress, async ({ system, gateway }) => {
    const { card } = await (await Guest.register(gateway)).signIn();
    const jwks = await gateway.expect<unknown>(200, '/.well-known/jwks.json');
    return { issuer: system.origin, audience: `${system.origin}/data`, jwks, tokens: [card] };
  });
}

/** Whether the issuer's key made the signature: a forger could not have made such a token. */
function isSigned(token: string, { jwk }: TestIssuer): boolean {
  try {
    const [header = '', payload = '', signature = ''] = partsOf(token);
    return verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: jwk, format: 'jwk', dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
  } catch {
    return false;
  }
}

/** Header, payload and signature, of the JSON serialization too (RFC 7515 §7.2.2): its signature is as genuine. */
function partsOf(token: string): readonly string[] {
  if (!token.startsWith('{')) return token.split('.');
  const { protected: header, payload, signature } = JSON.parse(token) as Readonly<Record<string, string>>;
  return [header ?? '', payload ?? '', signature ?? ''];
}

function conclude(
  seen: readonly Seen[],
  ours: Readonly<Record<'accepted' | 'forgedRefused' | 'improperRefused', number>>,
  totals: { readonly forged: number; readonly improper: number },
  missing: readonly Language[],
): Finding {
  const names = seen.map(({ language }) => language).join('; ');
  return {
    figures: { seen, ours, totals, missing: missing.map(({ name }) => name) },
    tables: [
      {
        title: 'What each library says, set up as its documentation says',
        columns: [
          'language, library',
          'lines of code',
          "the desk's token",
          'valid accepted',
          'forged refused',
          'improper refused',
        ],
        rows: [
          [
            'our verifier (for comparison)',
            '–',
            '–',
            `${ours.accepted} of ${VALID}`,
            `${ours.forgedRefused} of ${totals.forged}`,
            `${ours.improperRefused} of ${totals.improper}`,
          ],
          ...seen.map((one) => [
            one.language,
            one.lines,
            one.realAccepted ? 'accepted' : 'refused',
            `${one.validAccepted} of ${VALID}`,
            `${totals.forged - one.acceptsForged.length} of ${totals.forged}`,
            `${totals.improper - one.acceptsImproper.length} of ${totals.improper}`,
          ]),
          ...missing.map(({ name, install }) => [name, `not tried: ${install}`, '', '', '', '']),
        ],
      },
      {
        title: 'What is accepted although our verifier refuses it',
        columns: ['language, library', 'forged', "improper: signed with the issuer's key"],
        rows: seen.map(({ language, acceptsForged, acceptsImproper }) => [
          language,
          acceptsForged.join('; ') || 'nothing',
          acceptsImproper.join('; ') || 'nothing',
        ]),
      },
    ],
    plots: [
      bars(
        'Improper tokens that are refused',
        `Of ${totals.improper} tokens that the issuer's key signed and that are not what an access token has to be (RFC 9068): how many each library refuses by itself.`,
        {
          value: { title: 'refused' },
          rows: [
            { label: 'our verifier', side: 'ours', value: ours.improperRefused },
            ...seen.map(({ language, acceptsImproper }) => ({
              label: language,
              side: 'library',
              value: totals.improper - acceptsImproper.length,
            })),
          ],
        },
      ),
    ],
    rules: {
      core: [
        {
          says: "every library accepts the desk's own token, with the keys that the desk publishes",
          met: seen.every(({ realAccepted }) => realAccepted),
        },
        {
          says: 'every library accepts every valid token',
          met: seen.every(({ validAccepted }) => validAccepted === VALID),
        },
        {
          says: 'every library refuses every forged token',
          met: seen.every(({ acceptsForged }) => acceptsForged.length === 0),
        },
      ],
      unconditional: [
        {
          says: 'every library also refuses what is signed well but is no proper access token',
          met: seen.every(({ acceptsImproper }) => acceptsImproper.length === 0),
        },
      ],
    },
    because: `${seen.length} libraries (${names}) were tried; ${seen.filter(({ realAccepted }) => realAccepted).length} accept the desk's token. They refuse ${seen.map(({ acceptsForged }) => totals.forged - acceptsForged.length).join(', ')} of ${totals.forged} forged ones; of ${totals.improper} that are signed well but improper they refuse ${seen.map(({ acceptsImproper }) => totals.improper - acceptsImproper.length).join(', ')}.`,
  };
}

function count(answers: readonly boolean[]): number {
  return answers.filter(Boolean).length;
}
