import { EXIT } from './exit-codes.ts';

/** @param kind what one of them, and the command, is called, such as `drill` */
export const helpText = (kind: string): string => `Tries what is claimed, and says whether it holds.

  npx -y pnpm@12 ${kind}                         lists every ${kind} and what it claims
  npx -y pnpm@12 ${kind} <name…> | all [--json]  carries them out: progress on stderr, results on stdout

  --json      each result is one line of JSON; of a ${kind} that could not be carried out, its name and the error
  -h, --help  this text

Exit code:
  ${EXIT.good}  every goal holds
  ${EXIT.missed}  a goal does not hold
  ${EXIT.wrongUse}  wrong use
  ${EXIT.notCarriedOut}  a ${kind} could not be carried out, whatever became of the others
  128 + the number of the signal after an interruption
`;
