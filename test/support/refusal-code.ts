import { Refusal } from '../../core/errors.ts';

/** The code with which the rules say no, or `otherwise`; what is no refusal fails the test. */
export function refusalCode(run: () => unknown, otherwise: string): string {
  try {
    run();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return otherwise;
}
