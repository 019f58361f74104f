import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { outboxPut, outboxStore } from '../../adapters/dynamodb/outbox.ts';
import { digestOfApiKey } from '../../core/api-key.ts';
import { manifestHash, writeManifest } from '../../core/certificate/anchors.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import { anAdministration, onboarding, profile, psc, somebody } from '../support/administration.ts';
import { someHolder } from '../support/certificates.ts';

const refusal = (code: string) => expect.objectContaining({ code });

test('bootstrap invites three, who are active once they have set their factors', async () => {
  const { world, operators } = anAdministration();
  const ids = await operators();
  expect(ids).toHaveLength(3);
  for (const id of ids)
    expect(await world.people.person(id)).toMatchObject({ state: 'active', office: 'nodeOperator' });
});

test('onboarding makes profile, people and first API key in one act of two operators', async () => {
  const { world, operators, perform, ports } = anAdministration();
  const [one, two] = await operators();
  const { state, once } = await perform('participant.onboard', onboarding, [one!, two!]);
  expect(state).toBe('applied');
  expect(await world.parties.party('AURORA')).toMatchObject({
    name: 'Fintech Aurora',
    payoutOperators: ['PUERTO'],
  });
  expect((await world.people.holders('AURORA')).map(({ office, state }) => [office, state]).sort()).toEqual([
    ['apoderado', 'invited'],
    ['securityOfficer', 'invited'],
  ]);
  const key = once.find(({ what }) => what === 'apiKey')!;
  expect((await ports.apiKeys.heldBy('AURORA')).keys[0]?.digest).toBe(digestOfApiKey(key.secret));
  expect(world.snapshot()).not.toContain(key.secret);
  for (const { secret } of once) expect(JSON.stringify(world.announced)).not.toContain(secret);
});

test('one signature applies nothing', async () => {
  const { world, operators, propose, sign } = anAdministration();
  const [one] = await operators();
  const actId = await propose('participant.onboard', onboarding);
  expect(await sign(actId, one!)).toMatchObject({ state: 'open', once: [] });
  expect(await world.parties.party('AURORA')).toBeUndefined();
});

test('an invited person decides nothing until two operators have released them', async () => {
  const { world, operators, perform, accept } = anAdministration();
  const [one, two] = await operators();
  const { once } = await perform('participant.onboard', onboarding, [one!, two!]);
  const codes = once.filter(({ what }) => what === 'invitationCode');
  for (const { id, secret } of codes) expect(await accept(id, secret)).toEqual({ state: 'unreleased' });
  await perform('person.release', { person_ids: codes.map(({ id }) => id) }, [one!, two!]);
  expect(await world.people.person(codes[0]!.id)).toMatchObject({ state: 'active', releasedBy: [one, two] });
});

test('one operator ends a person and an API key; nothing is left that opens a door', async () => {
  const { world, operators, perform, ports } = anAdministration();
  const [one, two] = await operators();
  const { once } = await perform('participant.onboard', onboarding, [one!, two!]);
  const key = once.find(({ what }) => what === 'apiKey')!;
  const person = once.find(({ what }) => what === 'invitationCode')!;
  expect(await perform('apiKey.end', { participant: 'AURORA', key_id: key.id }, [one!])).toMatchObject({
    state: 'applied',
  });
  expect((await ports.apiKeys.heldBy('AURORA')).keys[0]?.endedAt).toBeDefined();
  expect(await perform('person.end', { person_id: person.id }, [one!])).toMatchObject({ state: 'applied' });
  expect(await world.people.person(person.id)).toMatchObject({ state: 'ended' });
  expect(world.outbox('mail.ended').map(({ refs }) => refs.personId)).toEqual([person.id]);
});

test('what operators change of a company’s access or record is told to its officer and apoderado', async () => {
  const { world, operators, perform, accept, ports } = anAdministration();
  const [one, two] = await operators();
  const { once } = await perform('participant.onboard', onboarding, [one!, two!]);
  const people = once.filter(({ what }) => what === 'invitationCode');
  for (const { id, secret } of people) await accept(id, secret);
  const ids = people.map(({ id }) => id);
  await perform('person.release', { person_ids: ids }, [one!, two!]);
  await perform('apiKey.issue', { participant: 'AURORA' }, [one!, two!]);
  const { keyId } = (await ports.apiKeys.heldBy('AURORA')).keys[0]!;
  await perform('apiKey.end', { participant: 'AURORA', key_id: keyId }, [one!]);
  await perform('participant.change', { profile: { ...profile, rule: 'all' } }, [one!, two!]);
  const told = world.outbox('mail.access-changed').map(({ refs }) => [refs.what, refs.personId]);
  for (const what of ['apiKey', 'apiKeyEnded', 'profile'])
    expect(told.filter(([each]) => each === what).map(([, id]) => id)).toEqual(expect.arrayContaining(ids));
});

test('one operator sends again what was given up, by its id, and nothing else', async () => {
  const { world, operators, perform } = anAdministration();
  const [one] = await operators();
  const now = world.clock.now();
  const entry = newOutboxEntry({ id: 'event.e1', queue: 'deliver', kind: 'event.disable', refs: {}, now });
  await world.table.transact([outboxPut(entry)]);
  const store = outboxStore(world.table);
  const revive = (id: string) => perform('outbox.revive', { entry_ids: [id] }, [one!]);
  await expect(revive('event.e1')).rejects.toThrow(refusal('ACT_PARAMETERS_INVALID'));
  await store.giveUp((await store.take('event.e1', now))!, now);
  expect(await revive('event.e1')).toMatchObject({ state: 'applied' });
  expect(world.evidence().at(-1)).toMatchObject({
    kind: 'act.applied',
    subjects: { outbox: 'event.e1' },
    facts: { actKind: 'outbox.revive', signers: [one] },
  });
  expect(await store.take('event.e1', world.clock.now())).toMatchObject({ attempts: 1 });
  await expect(revive('event.e1')).rejects.toThrow(refusal('ACT_PARAMETERS_INVALID'));
});

test('a third API key is refused while two are valid', async () => {
  const { operators, perform } = anAdministration();
  const [one, two] = await operators();
  await perform('participant.onboard', onboarding, [one!, two!]);
  await perform('apiKey.issue', { participant: 'AURORA' }, [one!, two!]);
  await expect(perform('apiKey.issue', { participant: 'AURORA' }, [one!, two!])).rejects.toThrow(
    refusal('API_KEYS_BOTH_VALID'),
  );
});

test('a participant’s changed profile is a new version of the same sealed record', async () => {
  const { world, operators, perform } = anAdministration();
  const [one, two] = await operators();
  await perform('participant.onboard', onboarding, [one!, two!]);
  await perform('participant.change', { profile: { ...profile, rule: 'all' } }, [one!, two!]);
  expect(await world.parties.party('AURORA')).toMatchObject({ rule: 'all', version: 2 });
});

test('a peer is pinned by two, and its API key is stored only if it is the one they saw the hash of', async () => {
  const { world, operators, perform, peerKeyValues } = anAdministration();
  const [one, two] = await operators();
  const leaf = psc.issue({ holder: someHolder, notAfter: new Date('2028-01-01T00:00:00Z') });
  const peer = {
    fin_id: 'SHINKANSEN',
    fin_id_schema: 'SHINKANSEN',
    kind: 'network' as const,
    name: 'Red de Prueba',
    country: 'CL',
    tax_id: '76.000.000-1',
    time_zone: 'America/Santiago',
    locale: 'es' as const,
    api_url: 'https://api.network.test',
    certificate_thumbprint: leaf.thumbprint,
    certificate_chain: leaf.chain.map((der) => Buffer.from(der).toString('base64')),
  };
  const wrong = { ...peer, certificate_thumbprint: 'T'.repeat(43) };
  await expect(perform('peer.pin', wrong, [one!, two!])).rejects.toThrow(refusal('ACT_PARAMETERS_INVALID'));
  await perform('peer.pin', peer, [one!, two!]);
  const key = `apo_local_${'k'.repeat(43)}`;
  const api_key_encrypted = await world.cipher.encrypt(key, { peer: 'SHINKANSEN' });
  const api_key_sha256 = createHash('sha256').update(key).digest('hex');
  await perform('peer.setApiKey', { fin_id: 'SHINKANSEN', api_key_sha256, api_key_encrypted }, [one!, two!]);
  expect(peerKeyValues.get('SHINKANSEN')).toBe(key);
  const other = { fin_id: 'SHINKANSEN', api_key_sha256: '0'.repeat(64), api_key_encrypted };
  await expect(perform('peer.setApiKey', other, [one!, two!])).rejects.toThrow(
    refusal('ACT_PARAMETERS_INVALID'),
  );
});

test('each applied act leaves evidence that names its signers and the seals it made', async () => {
  const { world, operators, perform } = anAdministration();
  const [one, two] = await operators();
  await perform('participant.onboard', onboarding, [one!, two!]);
  const record = world.evidence().find(({ kind }) => kind === 'act.applied') as unknown as {
    facts: { signers: string[] };
    states: { item: string }[];
  };
  expect(record.facts.signers).toEqual([one, two]);
  expect(record.states.map(({ item }) => item.split('#')[0])).toEqual(
    expect.arrayContaining(['PART', 'PERSON', 'INV', 'KEY']),
  );
  expect(JSON.stringify(world.evidence())).not.toMatch(/Olga|Ana|@example\.com/);
});

test('onboarding without an officer or without an apoderado is refused', async () => {
  const { operators, perform } = anAdministration();
  const [one, two] = await operators();
  const people = onboarding.people.slice(0, 1);
  await expect(perform('participant.onboard', { profile, people }, [one!, two!])).rejects.toThrow(
    refusal('OFFICE_MISSING'),
  );
});

test('a person invited for another participant than the one onboarded is refused', async () => {
  const { operators, perform } = anAdministration();
  const [one, two] = await operators();
  const people = [
    ...onboarding.people,
    somebody('Eva Otra', { office: 'securityOfficer', participant: 'BOREAL' }),
  ];
  await expect(perform('participant.onboard', { profile, people }, [one!, two!])).rejects.toThrow(
    refusal('ACT_PARAMETERS_INVALID'),
  );
});

test('an anchor manifest comes into force with both proofs in it, and an older one never again', async () => {
  const { operators, perform, manifests, published, ports } = anAdministration();
  const [one, two] = await operators();
  const propose = (version: number) => {
    const body = writeManifest({ version, stage: 'local', issuedAt: new Date(), anchors: [], profiles: [] });
    const sha256 = Buffer.from(manifestHash(body)).toString('base64url');
    manifests.set(sha256, body);
    return { manifest_sha256: sha256 };
  };
  const second = propose(2);
  expect(await perform('anchors.change', second, [one!, two!])).toMatchObject({ state: 'applied' });
  expect(await ports.anchors.leastVersion()).toBe(2);
  expect(published).toHaveLength(1);
  await expect(perform('anchors.change', propose(1), [one!, two!])).rejects.toThrow(
    refusal('ANCHORS_VERSION_REGRESSED'),
  );
  await expect(perform('anchors.change', { manifest_sha256: 'A'.repeat(43) }, [one!, two!])).rejects.toThrow(
    refusal('ACT_PARAMETERS_INVALID'),
  );
});
