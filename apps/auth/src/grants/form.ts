import { refuse, type OAuthRefusal } from '../domain/oauth-error.ts';

/** A form body: each parameter once, but for those whose specification repeats them. */
export interface Form {
  /** Its value; undefined when absent or empty (RFC 6749 §3.2: sent without a value is as if omitted). */
  get(name: string): string | undefined;
  /** All its values. */
  all(name: string): readonly string[];
}

/** RFC 8707 §2 and RFC 8693 §2.1 let a client name several. */
const REPEATABLE: ReadonlySet<string> = new Set(['resource', 'audience']);

/** Reads `application/x-www-form-urlencoded`; unknown parameters stay and are ignored (RFC 6749 §3.2). */
export function parseForm(body: string): ({ readonly ok: true } & { readonly form: Form }) | OAuthRefusal {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(body)) {
    const known = values.get(name);
    if (known !== undefined && !REPEATABLE.has(name))
      return refuse('invalid_request', 'A parameter is there more than once.');
    if (known) known.push(value);
    else values.set(name, [value]);
  }
  const all = (name: string): string[] => (values.get(name) ?? []).filter((value) => value !== '');
  return { ok: true, form: { get: (name) => all(name)[0], all } };
}
