import { expect, test } from 'vitest';
import { lateUses } from '../../adapters/dynamodb/late-uses.ts';
import { expireCertificates } from '../../functions/expire-certificates/expire-certificates.ts';
import { foundIn } from '../support/audit.ts';
import { disableStand } from '../support/disable.ts';
import { evidenceNode } from '../support/evidence.ts';

// D: what a disable, a suspension and a daily pass really write is audited without a finding, and what somebody does to
// it afterwards is found.
test('S23 the flag that freezes a participant cannot be taken away unseen, nor a disabled certificate put back', async () => {
  const stand = disableStand();
  const node = evidenceNode(stand.items, stand.table, { clock: stand.clock, sealer: stand.sealer });
  const audited = async () => {
    await node.chain();
    await node.sign();
    return foundIn(node);
  };
  const short = await stand.active(stand.leaf('short', { notAfter: new Date('2026-06-03T00:00:00Z') }));
  const [one] = [await stand.active(stand.leaf('one')), await stand.active(stand.leaf('other'))];
  stand.clock.advance(1);
  await stand.disable({ thumbprint: one.thumbprint });
  stand.clock.advance(1);
  await stand.disable({ all: true });
  stand.clock.advance(2 * 86_400);
  const parties = { parties: async () => [(await stand.ports.parties.party('FINTECH_CL'))!] };
  const late = lateUses(stand.table, async () => undefined);
  const aged = await expireCertificates({ ...stand.ports, parties, warn: () => {}, lateUses: late });
  expect(aged.expired).toBe(1);
  expect(await stand.statusOf(short)).toBe('disabled');
  expect(await audited()).toEqual([]);

  const keyOf = (part: string) => [...stand.items.keys()].find((key) => key.includes(part))!;
  const status = keyOf(`CERT#${one.thumbprint}`);
  const flag = keyOf('SUSPENSION');
  stand.items.set(status, { ...stand.items.get(status)!, networkStatus: 'active' });
  stand.items.delete(flag);
  const found = await audited();
  expect(found.some((finding) => finding.startsWith('STATE_MISSING PART#FINTECH_CL|SUSPENSION'))).toBe(true);
  expect(found.some((finding) => finding.includes(`CERT#${one.thumbprint}|STATUS`))).toBe(true);
});
