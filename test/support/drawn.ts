// What is drawn at random is the same in each run, so that a failure is the change's and not the day's.
// APODERA_SEED=<number> draws something else.

import fc from 'fast-check';

export const seed = Number(process.env.APODERA_SEED ?? 20_261_123);

fc.configureGlobal({ seed });
