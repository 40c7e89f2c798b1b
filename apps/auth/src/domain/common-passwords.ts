import { dictionary } from '@zxcvbn-ts/language-common';

/** The passwords everybody tries first, as a maintained package lists them. */
const COMMON: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/** Whether a password is on the list, also with other capitals (security 117; V6.2.4). */
export function isCommonPassword(password: string): boolean {
  return COMMON.has(password.toLowerCase());
}
