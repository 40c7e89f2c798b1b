/** How the command line of a set of experiments ends; after an interruption it is 128 + the signal. */
export const EXIT = { good: 0, missed: 1, wrongUse: 2, notCarriedOut: 3 } as const;
