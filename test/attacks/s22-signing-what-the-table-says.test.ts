import { expect, test } from 'vitest';
import { sentMessages } from '../../adapters/dynamodb/sent-messages.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { signDetached } from '../../core/message/jws.ts';
import { type DeliverPorts, deliverToNode } from '../../functions/deliver-message/deliver-message.ts';
import { network } from '../support/acts.ts';
import { signingParty } from '../support/signer.ts';

// A message that is sent again is read from the table. Who can write there puts another text in its place, so that
// the node itself signs an acceptance, an answer or an end that it never gave.

const bank = { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' };
const id = 'enrolment.answer.E1';
const forged = Buffer.from('{"document":{"action":"enrolment.answer","parameters":{"status":"accepted"}}}');

async function sender() {
  const party = await signingParty();
  const posted: string[] = [];
  const table = memoryTable();
  const ports: DeliverPorts = {
    clock: memoryClock(),
    node: network,
    signer: party,
    certificate: async () => party.certificateDer,
    messageKey: async () => party.publicKey,
    sent: sentMessages(table, { put: async () => {}, get: async () => new Uint8Array() }),
    async post(_url, _headers, body) {
      posted.push(Buffer.from(body).toString());
      return { status: 503, retryAfter: undefined, body: new Uint8Array() };
    },
    peer: async () => ({ institution: bank, apiUrl: 'https://bank.example', apiKey: 'k' }),
    evidenceHead: async () => undefined,
    eventsUrl: async () => undefined,
  };
  const message = {
    receiver: bank.finId,
    action: 'enrolment.answer',
    parameters: { status: 'rejected' },
  } as const;
  const deliver = () => deliverToNode(ports, { id, createdAt: ports.clock.now() }, message);
  const key = { pk: `OUT#${id}`, sk: 'SENT' };
  return { deliver, table, posted, key };
}

test('S22 D: kept bytes that were edited are not signed and leave nobody', async () => {
  const { deliver, table, posted, key } = await sender();
  await deliver();
  await table.write({ update: key, change: { set: { bytes: forged } } });
  await expect(deliver()).rejects.toMatchObject({ code: 'PROOF_BROKEN' });
  expect(posted).toHaveLength(1);
});

test('S22 D: bytes put there before the first attempt are not signed', async () => {
  const { deliver, table, posted, key } = await sender();
  await table.write({ put: { ...key, sha256: '', bytes: forged } });
  await expect(deliver()).rejects.toMatchObject({ code: 'PROOF_BROKEN' });
  expect(posted).toEqual([]);
});

test('S22 D: nor with a signature by a certificate of the attacker', async () => {
  const { deliver, table, posted, key } = await sender();
  const thief = await signingParty();
  const signature = await signDetached(forged, thief.certificateDer, thief);
  await table.write({ put: { ...key, sha256: '', bytes: forged, signature } });
  await expect(deliver()).rejects.toMatchObject({ code: 'PROOF_BROKEN' });
  expect(posted).toEqual([]);
});

test('S22 what was kept as it was sent is sent again', async () => {
  const { deliver, posted } = await sender();
  await deliver();
  await deliver();
  expect(posted[1]).toBe(posted[0]);
});
