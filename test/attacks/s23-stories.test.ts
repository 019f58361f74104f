import { describe, expect, test } from 'vitest';
import type { CertificateStatus, Enrolment } from '../../core/enrolment/enrolment.ts';
import type { EvidenceRecord } from '../../core/evidence/record.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { accessStand } from '../support/access-stand.ts';
import { anAdministration, onboarding, profile } from '../support/administration.ts';
import { foundIn } from '../support/audit.ts';
import { enrolMessage, enrolmentNode, fintech } from '../support/enrolment.ts';
import { evidenceNode } from '../support/evidence.ts';
import { signingParty } from '../support/signer.ts';

// An audit that cries wolf is not read. What the flows really write, seals and marks included, is audited here.

async function anAdministeredNode() {
  const administration = anAdministration();
  const { world, operators, perform, accept } = administration;
  const [one, two] = await operators();
  const both = [one!, two!];
  const { once } = await perform('participant.onboard', onboarding, both);
  const invited = once.filter(({ what }) => what === 'invitationCode');
  for (const { id, secret } of invited) await accept(id, secret);
  await perform('person.release', { person_ids: invited.map(({ id }) => id) }, both);
  await perform('participant.change', { profile: { ...profile, rule: 'all' } }, both);
  await perform('apiKey.issue', { participant: 'AURORA' }, both);
  const key = once.find(({ what }) => what === 'apiKey')!;
  await perform('apiKey.end', { participant: 'AURORA', key_id: key.id }, [one!]);
  await perform('person.end', { person_id: invited[0]!.id }, [one!]);
  const node = evidenceNode(world.items, world.table, { clock: world.clock, sealer: world.sealer });
  return { ...administration, node, invited };
}

describe('S23 what people and API keys are given and lose', () => {
  test('is audited without a finding', async () => {
    const { node } = await anAdministeredNode();
    await node.chain();
    await node.sign();
    expect(await foundIn(node)).toEqual([]);
  });
});

describe('S23 what a certificate is given and loses', () => {
  test('is audited without a finding: enrolled, active, disabled, and enrolled anew', async () => {
    const world = enrolmentNode();
    const { enrolments } = world.ports;
    const node = evidenceNode(world.items, world.table, { clock: world.clock, sealer: world.sealer });
    const leaf = world.leaf();
    const caller = { participant: fintech.finId, keyId: 'K1' };
    const recordOf = (kind: string, { id }: Enrolment): EvidenceRecord => ({
      id: world.ports.ids.next(),
      scope: fintech.finId,
      kind,
      at: world.clock.now(),
      actor: { kind: 'node', function: 'settle-enrolment' },
      subjects: { enrolmentId: id },
    });
    const activate = async (enrolment: Enrolment) => {
      const { thumbprint, keyThumbprint, participant, id: enrolmentId, notAfter, anchor } = enrolment;
      const states = {
        networkStatus: 'active',
        validity: 'valid',
        acceptingOperators: ['BANCO_CL'],
        sources: [],
      } as const;
      const activatedAt = world.clock.now();
      const granted = {
        thumbprint,
        keyThumbprint,
        participant,
        enrolmentId,
        use: 'signing',
        notAfter,
        activatedAt,
      } as const;
      const status: CertificateStatus = { ...granted, ...states, anchor: anchor! };
      const evidence = [recordOf('enrolment.activated', enrolment)];
      const activation = { from: enrolment, status, steps: [], proofs: ['proof'], evidence, outbox: [] };
      expect(await enrolments.activate(activation)).toBe('ACTIVATED');
    };
    const audited = async () => {
      await node.chain();
      await node.sign();
      return foundIn(node);
    };

    for (const messageId of ['m-1', 'm-2']) {
      const body = enrolMessage({ leaf, messageId, creationDate: world.clock.now() });
      const { enrolment } = await admitEnrolment(world.ports, { body, signature: undefined, caller });
      expect(await audited()).toEqual([]);
      world.clock.advance(10);
      await activate(enrolment);
      expect(await audited()).toEqual([]);
      world.clock.advance(10);
      const from = (await enrolments.find(enrolment.id))!;
      const to = { validity: 'valid', networkStatus: 'disabled' } as const;
      await enrolments.move({
        from,
        to,
        steps: [],
        evidence: [recordOf('certificate.disabled', from)],
        outbox: [],
      });
      expect(await audited()).toEqual([]);
      world.clock.advance(10);
    }
  });
});

describe('S23 what a participant changes by signed messages', () => {
  test('is audited without a finding; an edited signature, message or URL is found', async () => {
    const stand = accessStand(await signingParty());
    const { clock, sealer, table, items } = stand;
    const node = evidenceNode(items, table, { clock, sealer });
    await stand.renewAnew();
    await stand.register('https://one.example/hook');
    clock.advance(10);
    await stand.register('https://two.example/hook');
    await node.chain();
    await node.sign();
    expect(await foundIn(node)).toEqual([]);

    const honest = new Map(items);
    for (const [name, item] of items) {
      if (item.signature)
        items.set(name, { ...item, signature: String(item.signature).replace('..', '..AA') });
    }
    expect((await foundIn(node)).map((each) => each.split(' ')[0])).toEqual(Array(3).fill('SOURCE_UNSIGNED'));

    for (const [name, item] of honest) {
      if (item.bytes) items.set(name, { ...item, bytes: Uint8Array.from([1]) });
      const redirected = JSON.stringify(item).replaceAll('two.example', 'thief.example');
      if (item.sk.startsWith('WEBHOOK#')) items.set(name, JSON.parse(redirected));
    }
    const codes = (await foundIn(node)).map((each) => each.split(' ')[0]);
    expect(codes.sort()).toEqual(['SEAL_WRONG', ...Array(3).fill('SOURCE_CHANGED')]);
  });
});
