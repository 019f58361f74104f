// What does the exit code of `apodera` say? Scripts switch on it; `apodera help` prints this table.

export const exitCodes = {
  DONE: 0,
  FAULT: 1,
  USAGE: 2,
  REFUSED: 3,
  UNAVAILABLE: 4,
  PENDING: 5,
  INTERRUPTED: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.DONE, 'done'],
  [exitCodes.FAULT, 'a fault of apodera itself or of this machine'],
  [exitCodes.USAGE, 'the command line is not understood'],
  [exitCodes.REFUSED, 'the rules say no; the code says which one'],
  [exitCodes.UNAVAILABLE, 'something did not answer; trying again may help'],
  [exitCodes.PENDING, 'not decided yet: people, or the other side, have to answer first'],
  [exitCodes.INTERRUPTED, 'interrupted (Ctrl-C)'],
];

/** The command line itself is wrong: exit code 2, with the usage. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
