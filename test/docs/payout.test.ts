import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../core/message/envelope.ts';
import {
  payoutAnswerParameters,
  payoutForwardParameters,
  readPayoutAnswer,
  readPayoutForward,
} from '../../core/payout/forward.ts';
import { readContract } from '../../openapi/contract.ts';

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

const ajv = new Ajv2020({ strict: false });
ajv.addSchema({ $id: 'contract', components: readContract().components });
const schemas: Record<string, string> = {
  'payout.forward': 'PayoutForwardParameters',
  'payout.answer': 'PayoutAnswerParameters',
};
const isOfSchema = (action: string, parameters: object) =>
  ajv.validate({ $ref: `contract#/components/schemas/${schemas[action]}` }, parameters);
const isRead = (action: string, parameters: JsonObject) => {
  try {
    return Boolean(again[action]!(parameters));
  } catch {
    return false;
  }
};

test.each(
  examples.flatMap(({ action, parameters }) => {
    const message = Buffer.from('{"document":{}}').toString('base64');
    const whole: JsonObject = {
      ...parameters,
      ...('message' in parameters && { message, signature: 'h..s' }),
    };
    const without = Object.keys(whole).map((name) => {
      const { [name]: _, ...rest } = whole;
      return [action, `without ${name}`, rest, false] as const;
    });
    const wrong = Object.keys(whole).map((name) => {
      return [action, `with a number as ${name}`, { ...whole, [name]: 7 }, false] as const;
    });
    return [[action, 'whole', whole, true] as const, ...without, ...wrong];
  }),
)('%s %s is to openapi.yaml what it is to a node', (action, _, parameters, holds) => {
  expect([isOfSchema(action, parameters), isRead(action, parameters)]).toEqual([holds, holds]);
});
