import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ApiKey, checkApiKey, digestOfApiKey } from '../../core/api-key.ts';
import { type EdgeKey, INTERACTION_HEADER, signEdge } from '../../core/edge-identity.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { admitPayout } from '../../functions/admit-payout/admit-payout.ts';
import { authorizeRequest } from '../../functions/authorize-request/authorize-request.ts';
import { accessStand, codeOf } from '../support/access-stand.ts';
import { makeAuthority, someHolder } from '../support/certificates.ts';
import { enrolMessage, enrolmentNode, signedBy } from '../support/enrolment.ts';
import { codesOf, payoutMessage, payoutWorld } from '../support/payouts.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

// Who has one factor of the three (API key, signature, the edge's channel) has nothing.

let party: SigningParty;
beforeAll(async () => {
  party = await signingParty();
});

/** The authorizer's word on a request with this API key, sent through the edge. */
function ask(stand: ReturnType<typeof accessStand>, apiKey: string | undefined): Promise<string> {
  const edgeKey: EdgeKey = { id: 'k', secret: randomBytes(32) };
  const request = {
    method: 'GET',
    host: 'node.internal',
    target: '/v1/certificates',
    interactionId: '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01',
    client: 'none' as const,
    apiKey,
  };
  const headers = { host: 'node.internal', ...signEdge(request, edgeKey, stand.clock.now()) };
  const received = {
    method: 'GET',
    path: '/v1/certificates',
    query: {},
    headers: Object.fromEntries([
      ...Object.entries(headers).map(([name, value]) => [name, [value]] as const),
      [INTERACTION_HEADER, [request.interactionId]],
      ...(apiKey ? [['shinkansen-api-key', [apiKey]] as const] : []),
    ]),
    certificateExempt: false,
  };
  const ports = {
    edgeKeys: async () => [edgeKey],
    findKey: stand.keys.find,
    asksForCertificate: async () => false,
    requireTransport: async () => {},
  };
  return codeOf(authorizeRequest(received, ports, stand.clock.now()));
}

describe.each(['M1/A1', 'M1/A3'])('%s an API key that was caught', (cell) => {
  test(`${cell} opens nothing once it was rotated, and rotating costs no downtime`, async () => {
    const stand = accessStand(party);
    const caught = (await stand.renewAnew()).key as ApiKey;
    const next = (await stand.renewAnew()).key as ApiKey;
    expect([await ask(stand, caught), await ask(stand, next)]).toEqual(['DONE', 'DONE']);
    const { keyId } = checkApiKey(await stand.keys.find(digestOfApiKey(caught)!), stand.clock.now());
    await stand.endKey(keyId);
    expect([await ask(stand, caught), await ask(stand, next)]).toEqual(['API_KEY_NOT_VALID', 'DONE']);
  });

  test(`${cell} opens nothing after 90 days, though nobody noticed`, async () => {
    const stand = accessStand(party);
    const caught = (await stand.renewAnew()).key;
    stand.clock.advance(90 * 86_400 + 1);
    expect(await ask(stand, caught)).toBe('API_KEY_NOT_VALID');
  });
});

describe('M2 every factor is asked for', () => {
  test('M2/A1 who sits in the channel with the API key, but without the signing key, changes no payout', async () => {
    const { ports, caller, leaf, items } = await payoutWorld();
    const body = payoutMessage({ payouts: [{ amount: '1000', account: '123' }] });
    const signature = await signedBy(leaf, body);
    const altered = Buffer.from(body.toString().replace('"account": "123"', '"account": "666"'));
    expect(altered.equals(body)).toBe(false);
    const thief = makeAuthority({ name: 'Otra raiz' }).issue({ holder: someHolder, keyLabel: 'thief' });
    const tries: [string | undefined, string][] = [
      [signature, 'SIGNATURE_INVALID'],
      [undefined, 'SIGNATURE_MISSING'],
      [await signedBy(thief, altered), 'CERTIFICATE_UNKNOWN'],
    ];
    for (const [given, code] of tries)
      expect(codesOf(await admitPayout(ports, { body: altered, signature: given, caller }))).toEqual([code]);
    expect([...items.keys()].filter((key) => key.startsWith('TX#'))).toEqual([]);
  });

  test('M2/A2 a signing key without an API key, or with the API key of another, sends nothing', async () => {
    const stand = accessStand(party);
    expect(await ask(stand, undefined)).toBe('API_KEY_NOT_VALID');
    expect(await ask(stand, `apo_dev_${'A'.repeat(43)}`)).toBe('API_KEY_NOT_VALID');
    const { ports, leaf } = await payoutWorld();
    const body = payoutMessage();
    const caller = { participant: 'OTHER', keyId: 'K2' };
    const signature = await signedBy(leaf, body);
    expect(codesOf(await admitPayout(ports, { body, signature, caller }))).toEqual(['PARTICIPANT_UNKNOWN']);
    const facts = async (...[thumbprint]: Parameters<typeof ports.facts>) => {
      const known = await ports.facts(thumbprint, 'FINTECH_CL');
      return { ...known, participant: { ...known.participant!, finId: 'OTHER' } };
    };
    const asOther = await admitPayout({ ...ports, facts }, { body, signature, caller });
    expect(codesOf(asOther)).toEqual(['CERTIFICATE_OF_ANOTHER']);
  });

  test('M2/A4 a certificate in the apoderado’s name enrols nothing with the API key of another', async () => {
    const node = enrolmentNode();
    const fraud = node.leaf({ keyLabel: 'fraud' });
    const caller = { participant: 'OTHER', keyId: 'K2' };
    const received = { body: enrolMessage({ leaf: fraud }), signature: undefined, caller };
    expect(await codeOf(admitEnrolment(node.ports, received))).toBe('PARTICIPANT_UNKNOWN');
    const known = { ...node.ports, participant: async () => ({ ...(await other()), finId: 'OTHER' }) };
    const other = async () => (await node.ports.participant('FINTECH_CL'))!;
    expect(await codeOf(admitEnrolment(known, received))).toBe('SENDER_NOT_THE_CALLER');
    expect(node.items.size).toBe(0);
  });
});
