import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digestOfApiKey } from '../../core/api-key.ts';
import { accessStand, codeOf } from '../support/access-stand.ts';
import { fintech, network } from '../support/acts.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

let party: SigningParty;
beforeAll(async () => {
  party = await signingParty();
});

let stand: ReturnType<typeof accessStand>;
beforeEach(() => {
  stand = accessStand(party);
});

describe('renewing an API key', () => {
  test('issues a sealed key that works at once, kept as its digest only', async () => {
    const { key, grant } = await stand.renewAnew();
    expect(await stand.keys.find(digestOfApiKey(key)!)).toEqual(grant);
    expect(grant.expiresAt.getTime() - stand.clock.now().getTime()).toBe(90 * 86_400_000);
    for await (const items of stand.table.scan()) expect(JSON.stringify(items)).not.toContain(key);
  });

  test('leaves evidence that names the key, the certificate and the message, with the seal it made', async () => {
    const { grant } = await stand.renew(await stand.renewalAct({ messageId: 'm-evidence' }));
    const records = [];
    for await (const items of stand.table.scan())
      records.push(...items.filter(({ pk }) => pk.startsWith('EVIDNEW#')));
    expect(records.map(({ record }) => record)).toMatchObject([
      {
        kind: 'apiKey.renewed',
        actor: { finId: fintech.finId, apiKeyId: 'OLD', thumbprint: party.thumbprint },
        subjects: { keyId: grant.keyId, messageId: 'm-evidence' },
        states: [{ item: `KEY#${grant.digest}|KEY`, version: 1 }],
        sources: [{ kind: 'message', item: `MSG#${fintech.finId}#m-evidence|MESSAGE` }],
      },
    ]);
  });

  test('refuses another sender, receiver, action, parameter or age than the message may have', async () => {
    const now = stand.clock.now().getTime();
    const refusals = {
      SENDER_NOT_THE_CALLER: { sender: network },
      RECEIVER_NOT_THIS_NODE: { receiver: { ...network, finId: 'BANCO_CL' } },
      ACTION_UNEXPECTED: { action: 'webhook.register' },
      BODY_SCHEMA: { parameters: { life_days: 9999 } },
      MESSAGE_TOO_OLD: { at: new Date(now - 86_400_001) },
      MESSAGE_FROM_THE_FUTURE: { at: new Date(now + 600_001) },
    };
    for (const [expected, over] of Object.entries(refusals)) {
      expect(await codeOf(stand.renew(await stand.renewalAct(over)))).toBe(expected);
    }
  });

  test('a refused renewal burns nothing: the same message passes when the reason is gone', async () => {
    const first = await stand.renewAnew();
    await stand.renewAnew();
    const third = await stand.renewalAct();
    expect(await codeOf(stand.renew(third))).toBe('API_KEYS_BOTH_VALID');
    await stand.endKey(first.grant.keyId);
    expect(await codeOf(stand.renew(third))).toBe('DONE');
  });
});
