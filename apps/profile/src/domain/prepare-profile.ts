import { lengthOf, plainLine, plainLines } from './plain-text.ts';
import type { Profile } from './profiles.ts';

export const PROFILE_LIMITS = {
  displayNameCharacters: 64,
  bioCharacters: 1_000,
  links: 8,
  linkCharacters: 256,
  localeCharacters: 35,
};

/** A profile as its user sent it: of the right shape, and not looked at closer. */
export interface ProfileDraft {
  readonly handle: string;
  readonly displayName: string;
  readonly bio?: string;
  readonly links?: readonly string[];
  readonly locale?: string;
}

/** @returns the profile as it will be kept, or a sentence that says what is wrong with it */
export function prepareProfile(draft: ProfileDraft): Profile | { readonly fault: string } {
  const displayName = plainLine(draft.displayName);
  if (displayName === undefined) {
    return { fault: 'displayName must be one visible line without control or direction characters.' };
  }
  if (lengthOf(displayName) > PROFILE_LIMITS.displayNameCharacters) {
    return { fault: `displayName has at most ${PROFILE_LIMITS.displayNameCharacters} characters.` };
  }
  const bio = plainLines(draft.bio ?? '');
  if (bio === undefined) return { fault: 'bio must be text without control or direction characters.' };
  if (lengthOf(bio) > PROFILE_LIMITS.bioCharacters) {
    return { fault: `bio has at most ${PROFILE_LIMITS.bioCharacters} characters.` };
  }
  const links = (draft.links ?? []).map(httpsAddress);
  if (!links.every((link) => link !== undefined)) {
    return {
      fault: `links must be https addresses of at most ${PROFILE_LIMITS.linkCharacters} characters, without a password.`,
    };
  }
  const locale = draft.locale === undefined ? undefined : canonicalLocale(draft.locale);
  if (draft.locale !== undefined && locale === undefined)
    return { fault: 'locale must be a language tag like "de-CH".' };
  return { handle: draft.handle, displayName, bio, links, locale };
}

/** The address as browsers write it: foreign host names in ASCII, so that none can look like another. */
function httpsAddress(text: string): string | undefined {
  const url = /^https:\/\//i.test(text) ? URL.parse(text) : null;
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  return url.href.length <= PROFILE_LIMITS.linkCharacters ? url.href : undefined;
}

function canonicalLocale(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
