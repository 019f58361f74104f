import { expect, test } from 'vitest';
import { disableRun } from '../../bench/disable.ts';

// The run that `npm run bench -- D` makes two hundred times.

test('M4 from the answer to a disable on, not one message is taken, by a process that just used the certificate', async () => {
  const { refusedAfter, taken } = await disableRun(20);
  expect(taken).toBe(0);
  expect(refusedAfter).toHaveLength(20);
});
