import { Problem } from '@roomkey/service';

/** More passwords are waiting to be hashed than may wait. */
export function busy(): Problem {
  return new Problem('unavailable', 'Too many sign-ins at this moment; try again shortly.', {
    'retry-after': '1',
  });
}

export function tooOften(retryAfterSeconds: number): Problem {
  return new Problem('too-many-requests', `Too often; try again in ${retryAfterSeconds} s.`, {
    'retry-after': String(retryAfterSeconds),
  });
}
