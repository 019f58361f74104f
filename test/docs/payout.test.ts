import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../core/message/envelope.ts';
import {
  payoutAnswerParameters,
  payoutForwardParameters,
  readPayoutAnswer,
  readPayoutForward,
} from '../../core/payout/forward.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/payout.md'), 'utf8');
const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].flatMap(([, block]) =>
  block!.split(/\n\s*\n/).map((text) => JSON.parse(text) as { action: string; parameters: JsonObject }),
);
/** A node's own reader and writer of each action. */
const again: Record<string, (parameters: JsonObject) => JsonObject> = {
  'payout.forward': (parameters) => payoutForwardParameters(readPayoutForward(parameters)),
  'payout.answer': (parameters) => payoutAnswerParameters(readPayoutAnswer(parameters)),
};

test('docs/payout.md shows every action between nodes that has a shape of its own', () => {
  expect(examples.map(({ action }) => action).sort()).toEqual(Object.keys(again).sort());
});

test.each(examples)(
  'the $action of docs/payout.md is what nodes read and write',
  ({ action, parameters }) => {
    const message = Buffer.from('{"document":{}}').toString('base64');
    const said = 'message' in parameters ? { ...parameters, message } : parameters;
    expect(again[action]!(said)).toEqual(said);
  },
);
