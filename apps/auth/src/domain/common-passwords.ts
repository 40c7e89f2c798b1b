import { dictionary } from '@zxcvbn-ts/language-common';

/** The passwords everybody tries first, as a maintained package lists them; unpacked when the first is asked about. */
let common: ReadonlySet<string> | undefined;

/** Whether a password is on the list, also with other capitals (security 117; V6.2.4). */
export function isCommonPassword(password: string): boolean {
  common ??= new Set(dictionary['passwords-common']);
  return common.has(password.toLowerCase());
}
