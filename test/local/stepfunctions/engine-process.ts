// An engine in a process of its own, to be killed: prints its URL, then every payload that a function gets.

import { realClock } from '../../../local/clock.ts';
import { startStepFunctions } from '../../../local/stepfunctions/start.ts';

const engine = await startStepFunctions({
  port: 0,
  dataFolder: process.argv[2]!,
  clock: realClock,
  lambda: {
    invoke: async (_name, payload) => {
      console.log(String(payload));
      return null;
    },
  },
});
console.log(engine.url);
