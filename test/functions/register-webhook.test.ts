import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { webhookAnswers } from '../../adapters/http/webhook.ts';
import { readPayoutResponses } from '../../clients/typescript/webhook.ts';
import { accessStand, codeOf } from '../support/access-stand.ts';
import { fintech } from '../support/acts.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

let party: SigningParty;
beforeAll(async () => {
  party = await signingParty();
});

let stand: ReturnType<typeof accessStand>;
beforeEach(() => {
  stand = accessStand(party);
});

describe('registering a webhook', () => {
  test("a participant's first URL counts at once", async () => {
    await stand.register('https://fintech.example/hook');
    expect(await stand.urlInForce()).toBe('https://fintech.example/hook');
  });

  test('the participant sees the URL in force and the one that will be', async () => {
    await stand.register('https://fintech.example/old');
    const webhook = await stand.register('https://fintech.example/new');
    const urls = (at: Date) => webhookAnswers(webhook, at).map(({ url }) => url);
    expect(urls(stand.clock.now())).toEqual(['https://fintech.example/old', 'https://fintech.example/new']);
    expect(urls(new Date(stand.clock.now().getTime() + 86_400_000))).toEqual(['https://fintech.example/new']);
  });

  test('takes a published receiver as it is: it knows signed messages only, and tells them from forged ones', async () => {
    stand.knobs.answer = () => ({ status: 400, body: '' });
    const taken: unknown[] = [];
    stand.knobs.answerSigned = (body, signature) => {
      try {
        const expected = { certificates: [party.certificateDer], participant: fintech.finId };
        taken.push(readPayoutResponses(body, signature, expected).document.responses);
        return 200;
      } catch {
        return 400;
      }
    };
    await stand.register('https://fintech.example/shinkansen/messages/');
    expect(await stand.urlInForce()).toBe('https://fintech.example/shinkansen/messages/');
    expect(taken).toEqual([[]]);
    const recorded = [...stand.items.values()].filter(({ pk }) => pk.startsWith('EVIDNEW#'));
    expect(recorded).toMatchObject([{ record: { facts: { answered: 'signature' } } }]);
  });

  test('says what each of the three requests got', async () => {
    stand.knobs.answer = () => ({ status: 404, body: '' });
    stand.knobs.answerSigned = () => 200;
    await expect(stand.register('https://fintech.example/')).rejects.toMatchObject({
      code: 'WEBHOOK_CHALLENGE_FAILED',
      detail: { found: '404 without them; 200 to a signed message, 200 to a forged one' },
    });
  });

  test('takes the words alone as an answer to the challenge too', async () => {
    stand.knobs.answer = (words) => ({ status: 200, body: `${words}\n` });
    expect(await codeOf(stand.register('https://fintech.example/hook'))).toBe('DONE');
  });

  test.each([
    'http://fintech.example/',
    'ftp://fintech.example/',
    'https://user:pass@fintech.example/',
    'https://fintech.example/#x',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://2130706433/',
    'https://localhost/',
    'https://fintech.example./',
    'https://fintech.example/ x',
    'https:\\\\fintech.example',
    'javascript:alert(1)',
    'nonsense',
    `https://fintech.example/${'a'.repeat(500)}`,
  ])('refuses "%s" before anything is sent to it', async (url) => {
    let asked = false;
    stand.knobs.answer = () => {
      asked = true;
      return { status: 200, body: '' };
    };
    expect(await codeOf(stand.register(url))).toBe('WEBHOOK_URL_REFUSED');
    expect(asked).toBe(false);
  });

  test('refuses an unknown purpose and the same message twice', async () => {
    expect(await codeOf(stand.register('https://a.example/', 'mail'))).toBe('BODY_SCHEMA');
    const act = await stand.webhookAct('https://a.example/', 'events');
    expect(await codeOf(stand.registerAct(act))).toBe('DONE');
    expect(await codeOf(stand.registerAct(act))).toBe('MESSAGE_ALREADY_RECEIVED');
  });

  test('S22 an edited URL is refused at the next load', async () => {
    await stand.register('https://fintech.example/hook');
    const key = { pk: `PART#${fintech.finId}`, sk: 'WEBHOOK#payouts' };
    await stand.table.write({ update: key, change: { set: { 'current.url': 'https://thief.example/' } } });
    await expect(stand.hooks.find(fintech.finId, 'payouts')).rejects.toThrow('not as this node sealed it');
  });
});
