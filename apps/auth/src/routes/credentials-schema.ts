import { Problem } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import { busy } from './overload.ts';

export const NameSchema = Type.String({
  minLength: 2,
  maxLength: 64,
  description: 'letters, digits and . _ @ + -; unique whatever the case',
});

/** Any characters; the bound is for the cost of hashing (security 117). */
export const NewPasswordSchema = Type.String({
  minLength: 8,
  maxLength: 256,
  description: '8 to 256 characters of any kind; 15 or more are advised',
});

/** What is compared has no rules but a bound: a wrong password is wrong, not malformed. */
export const PasswordSchema = Type.String({ maxLength: 256 });

/** Why a new password is not taken. */
export const PASSWORD_REFUSALS = {
  'bad-password': () =>
    new Problem('invalid-request', 'The password holds half a character (a lone surrogate).'),
  'common-password': () =>
    new Problem('invalid-request', 'This password is on the lists everybody tries first; choose another.'),
  busy,
};
