import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lastSensitiveChange } from '../../adapters/dynamodb/sensitive-changes.ts';
import { readPayoutResponses } from '../../clients/typescript/webhook.ts';
import { accessStand, codeOf } from '../support/access-stand.ts';
import { fintech, signedAct } from '../support/acts.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

// K and S: a thief of the API key, and one who holds the signing key too, try to make their access last and to turn
// the news off.
let party: SigningParty;
let thief: SigningParty;
beforeAll(async () => {
  [party, thief] = await Promise.all([signingParty(), signingParty()]);
});

let stand: ReturnType<typeof accessStand>;
beforeEach(() => {
  stand = accessStand(party);
});

describe('S12 API keys', () => {
  test('S12 the API key alone, or with a certificate that is not active, renews nothing', async () => {
    expect(await codeOf(stand.renew({ ...(await stand.renewalAct()), signature: undefined }))).toBe(
      'SIGNATURE_MISSING',
    );
    const foreign = await signedAct(thief, { action: 'api_key.renew', at: stand.clock.now() });
    expect(await codeOf(stand.renew(foreign))).toBe('SIGNATURE_OTHER_CERTIFICATE');
    expect((await stand.keys.heldBy(fintech.finId)).keys).toHaveLength(0);
  });

  test('S12 a third key is refused while two are valid, and possible when one has ended', async () => {
    const first = await stand.renewAnew();
    await stand.renewAnew();
    expect(await codeOf(stand.renewAnew())).toBe('API_KEYS_BOTH_VALID');
    await stand.endKey(first.grant.keyId);
    expect(await codeOf(stand.renewAnew())).toBe('DONE');
  });

  test('S12 of many renewals at once, no third key comes', async () => {
    const acts = await Promise.all(Array.from({ length: 6 }, () => stand.renewalAct()));
    const outcomes = await Promise.all(acts.map((act) => codeOf(stand.renew(act))));
    expect(outcomes.filter((outcome) => outcome === 'DONE').length).toBeLessThanOrEqual(2);
    expect((await stand.keys.heldBy(fintech.finId)).keys.length).toBeLessThanOrEqual(2);
  });

  test('S12 officer and apoderado are told, and the change keeps their confirmation strict', async () => {
    await stand.renewAnew();
    expect(stand.told.map(({ kind, refs }) => [kind, refs.personId, refs.what])).toEqual([
      ['mail.access-changed', 'OFFICER', 'apiKey'],
      ['mail.access-changed', 'APODERADO', 'apiKey'],
    ]);
    expect(await lastSensitiveChange(stand.table, fintech.finId)).toEqual(stand.clock.now());
  });
});

describe('S12 webhooks', () => {
  test('S12 the API key alone registers nothing', async () => {
    const act = await stand.webhookAct('https://thief.example/');
    expect(await codeOf(stand.registerAct({ ...act, signature: undefined }))).toBe('SIGNATURE_MISSING');
    expect(await stand.hooks.list(fintech.finId)).toEqual([]);
  });

  test('S12 one that replaces another counts after 24 hours, to the second', async () => {
    await stand.register('https://fintech.example/old');
    stand.clock.advance(3600);
    await stand.register('https://thief.example/new');
    stand.clock.advance(86_399);
    expect(await stand.urlInForce()).toBe('https://fintech.example/old');
    stand.clock.advance(1);
    expect(await stand.urlInForce()).toBe('https://thief.example/new');
  });

  test('S12 asking again for the old one takes a replacement back', async () => {
    await stand.register('https://fintech.example/old');
    await stand.register('https://thief.example/new');
    await stand.register('https://fintech.example/old');
    stand.clock.advance(3 * 86_400);
    expect(await stand.urlInForce()).toBe('https://fintech.example/old');
  });

  test('S12 asking twice for another one starts its 24 hours again and never shortens them', async () => {
    await stand.register('https://fintech.example/old');
    await stand.register('https://a.example/');
    stand.clock.advance(86_000);
    await stand.register('https://b.example/');
    stand.clock.advance(1_000);
    expect(await stand.urlInForce()).toBe('https://fintech.example/old');
  });

  test('S12 officer and apoderado are told each time, and the change keeps their confirmation strict', async () => {
    await stand.register('https://fintech.example/old');
    stand.clock.advance(60);
    await stand.register('https://fintech.example/new', 'events');
    expect(stand.told.map(({ refs }) => `${refs.personId} ${refs.what}`)).toEqual([
      'OFFICER webhook.payouts',
      'APODERADO webhook.payouts',
      'OFFICER webhook.events',
      'APODERADO webhook.events',
    ]);
    expect(new Set(stand.told.map(({ id }) => id)).size).toBe(4);
    expect(await lastSensitiveChange(stand.table, fintech.finId)).toEqual(stand.clock.now());
  });

  test.each<[string, (words: string) => { status: number; body: string }]>([
    ['answers 404', (words) => ({ status: 404, body: words })],
    ['redirects', (words) => ({ status: 302, body: words })],
    ['answers other words', () => ({ status: 200, body: '{"challenge":"x"}' })],
    ['answers nothing', () => ({ status: 200, body: '' })],
    ['answers null', () => ({ status: 200, body: 'null' })],
    ['repeats the words inside others', (words) => ({ status: 200, body: `you said ${words}` })],
  ])('S12 a URL that %s to its challenge is refused, and nothing is kept', async (_, answers) => {
    stand.knobs.answer = answers;
    expect(await codeOf(stand.register('https://fintech.example/hook'))).toBe('WEBHOOK_CHALLENGE_FAILED');
    expect(await stand.hooks.list(fintech.finId)).toEqual([]);
    expect(stand.told).toEqual([]);
  });

  const verifies = (body: Uint8Array, signature: string, participant = fintech.finId) => {
    try {
      readPayoutResponses(body, signature, { certificates: [party.certificateDer], participant });
      return true;
    } catch {
      return false;
    }
  };

  test.each<[string, (body: Uint8Array, signature: string) => number]>([
    ['takes whatever is signed', () => 200],
    ['refuses whatever is signed', () => 400],
    ['takes what is forged, and nothing else', (...message) => (verifies(...message) ? 400 : 200)],
    ['is out of order when it meets a forged message', (...message) => (verifies(...message) ? 200 : 500)],
    ['redirects what this network signed', (...message) => (verifies(...message) ? 302 : 400)],
    ["is another participant's", (...message) => (verifies(...message, 'FINTECH_BR') ? 200 : 400)],
  ])('S12 a URL that knows no words and %s is refused, and nothing is kept', async (_, answers) => {
    stand.knobs.answer = () => ({ status: 400, body: '' });
    stand.knobs.answerSigned = answers;
    expect(await codeOf(stand.register('https://fintech.example/hook'))).toBe('WEBHOOK_CHALLENGE_FAILED');
    expect(await stand.hooks.list(fintech.finId)).toEqual([]);
    expect(stand.told).toEqual([]);
  });

  test('S12 only the words prove a URL for events', async () => {
    stand.knobs.answer = () => ({ status: 400, body: '' });
    stand.knobs.answerSigned = (...message) => (verifies(...message) ? 200 : 400);
    const registering = stand.register('https://fintech.example/hook', 'events');
    expect(await codeOf(registering)).toBe('WEBHOOK_CHALLENGE_FAILED');
  });
});
