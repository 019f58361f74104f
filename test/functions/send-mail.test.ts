import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { mailbox } from '../../adapters/dynamodb/mailbox.ts';
import { outboxStore } from '../../adapters/dynamodb/outbox.ts';
import type { DisableRecord } from '../../core/disable/ports.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import { suspend } from '../../core/suspension/suspension.ts';
import { sendMail } from '../../functions/send-mail/send-mail.ts';
import { sweepOutbox } from '../../functions/sweep-outbox/sweep-outbox.ts';
import type { Mail } from '../../pages/mails/mail.tsx';
import { anAdministration, onboarding } from '../support/administration.ts';
import { aWaitingConfirmation, rightCode } from '../support/confirmation.ts';
import { aSubject } from '../support/people.ts';
import { anEnrolment, type World } from '../support/people-world.ts';

function aPost(world: World, told?: DisableRecord) {
  const sent: { to: string; mail: Mail }[] = [];
  const ports = {
    ...world,
    enrolments: world.enrolmentStore,
    disables: { find: async () => told },
    random: (bytes: number) => randomBytes(bytes),
    mailbox: mailbox(world.table),
    send: async (to: string, mail: Mail) => void sent.push({ to, mail }),
    nodeName: 'Banco del Puerto',
    timeZone: 'America/Santiago',
    origin: 'https://pages.test',
  };
  const deliver = (kind: string) => Promise.all(world.outbox(kind).map((entry) => sendMail(ports, entry)));
  const send = (kind: string, personId: string) => {
    const refs = { personId, participant: 'FINTECH_CL', disableId: 'D1' };
    return sendMail(ports, newOutboxEntry({ id: 'x', queue: 'mail', kind, refs, now: world.clock.now() }));
  };
  const deliverOne = (entry: OutboxEntry) => sendMail(ports, entry);
  return { sent, deliver, deliverOne, send };
}

test('the question goes to our own address of each person, with a link that leads to their task', async () => {
  const { world } = await aWaitingConfirmation();
  const { sent, deliver } = aPost(world);
  expect(await deliver('mail.confirmation')).toEqual(['SENT', 'SENT']);
  expect(sent.map(({ to }) => to).sort()).toEqual(['p1@example.com', 'p2@example.com']);
  const [, linkId] = /https:\/\/pages\.test\/tasks\/([A-Za-z0-9_-]{27})\n/.exec(sent[0]!.mail.text)!;
  expect(await world.links.find(linkId!)).toMatchObject({ target: { kind: 'task' } });
  expect(world.snapshot()).not.toContain(linkId);
});

test('a mail says who asks, three facts, until when, and what to do if it was not expected', async () => {
  const { world } = await aWaitingConfirmation(['p1']);
  const { sent, deliver } = aPost(world);
  await deliver('mail.confirmation');
  const { subject, text, html } = sent[0]!.mail;
  expect(subject).toBe('Fintech Aurora le pide confirmar un certificado');
  for (const part of [
    '¿Autoriza a Fintech Aurora a firmar pagos con este certificado?',
    'María Fernanda Rojas Soto',
    'PSC de Prueba S.A., el 21/11/2026, vence el 22/11/2027',
    'Tiene hasta el 25/11/2026 a las 09:00 (hora de Chile)',
    '¿No esperaba esto?',
    'El enlace lleva a pages.test.',
  ]) {
    expect(text).toContain(part);
    expect(html).toContain(part);
  }
  expect(html.length).toBeLessThan(30_000);
  expect(html).not.toMatch(/<img|<script|<link/);
});

test('no mail holds the code, or a word that the submitter wrote', async () => {
  const { world } = await aWaitingConfirmation(['p1']);
  world.enrolments.set(
    aSubject.enrolment_id,
    anEnrolment({ holder: 'p1', reason: 'PALABRAS DEL REMITENTE' }),
  );
  const { sent, deliver } = aPost(world);
  for (const kind of ['mail.confirmation', 'mail.reminder']) await deliver(kind);
  const all = JSON.stringify(sent);
  expect(all).not.toContain(rightCode);
  expect(all).not.toMatch(/PALABRAS DEL REMITENTE|primer certificado/);
});

test('a reminder says which one it is, and is not sent to who has answered', async () => {
  const { world, vote } = await aWaitingConfirmation(['p1', 'p2'], 'all');
  const { sent, deliver } = aPost(world);
  await vote('confirm');
  expect(await deliver('mail.reminder')).toEqual([
    'NOT_NEEDED',
    'NOT_NEEDED',
    'NOT_NEEDED',
    'SENT',
    'SENT',
    'SENT',
  ]);
  expect(sent[1]!.mail.subject).toBe('Recordatorio 2: Fintech Aurora espera su respuesta');
});

test('swept each hour, every reminder goes out once, at 24, 48 and 66 h, to who has not answered by then', async () => {
  const { world, vote } = await aWaitingConfirmation(['p1', 'p2'], 'all');
  const { sent, deliverOne } = aPost(world);
  const store = outboxStore(world.table);
  const told: string[] = [];
  const announcer = {
    announce: async (entries: readonly { readonly id: string }[]) => {
      told.push(...entries.map(({ id }) => id));
      return [];
    },
  };
  const start = world.clock.now().getTime();
  const heard: [hour: number, to: string, subject: string][] = [];
  for (let hour = 0; hour < 72; hour++) {
    // The sweep leaves whoever announces at once a minute.
    world.clock.set(new Date(start + hour * 3_600_000 + 90_000));
    // Announced twice, as a queue may deliver it: taken and sent once.
    await sweepOutbox({ store, announcer, clock: world.clock });
    const ids = told.splice(0);
    for (const id of [...ids, ...ids]) {
      const taken = await store.take(id, world.clock.now());
      if (!taken) continue;
      if (taken.queue === 'mail') await deliverOne(taken);
      await store.settle(taken);
    }
    for (const { to, mail } of sent.splice(0)) heard.push([hour, to, mail.subject]);
    if (hour === 30) await vote('confirm');
  }
  const question = 'Fintech Aurora le pide confirmar un certificado';
  const reminder = (number: number) => `Recordatorio ${number}: Fintech Aurora espera su respuesta`;
  expect(heard.sort(([a, one], [b, two]) => a - b || one.localeCompare(two))).toEqual([
    [0, 'p1@example.com', question],
    [0, 'p2@example.com', question],
    [24, 'p1@example.com', reminder(1)],
    [24, 'p2@example.com', reminder(1)],
    [48, 'p2@example.com', reminder(2)],
    [66, 'p2@example.com', reminder(3)],
  ]);
});

test('nothing more is sent about a decision that stands', async () => {
  const { world, vote } = await aWaitingConfirmation();
  const { deliver } = aPost(world);
  await vote('confirm');
  expect(new Set(await deliver('mail.confirmation'))).toEqual(new Set(['NOT_NEEDED']));
});

test('an invitation’s mail holds its link, never its code', async () => {
  const { world, operators, perform } = anAdministration();
  const { sent, deliver } = aPost(world);
  const [one, two] = await operators();
  const { once } = await perform('participant.onboard', onboarding, [one!, two!]);
  expect(await deliver('mail.invitation')).toEqual([
    'NOT_NEEDED',
    'NOT_NEEDED',
    'NOT_NEEDED',
    'SENT',
    'SENT',
  ]);
  for (const { secret } of once) expect(JSON.stringify(sent)).not.toContain(secret);
  expect(sent[0]!.mail.text).toMatch(/https:\/\/pages\.test\/invitations\/[A-Za-z0-9_-]{27}\n/);
});

test('each language’s mail is its own', async () => {
  for (const [locale, subject] of [
    ['pt', 'Fintech Aurora pede que você confirme um certificado'],
    ['en', 'Fintech Aurora asks you to confirm a certificate'],
  ] as const) {
    const { world } = await aWaitingConfirmation(['p1']);
    const person = (await world.people.person('p1'))!;
    await world.ledger.commit([{ noun: 'person', person: { ...person, locale, version: 2 } }], [], {
      evidence: [],
      outbox: [],
    });
    const { sent, deliver } = aPost(world);
    await deliver('mail.confirmation');
    expect(sent[0]!.mail.subject).toBe(subject);
    expect(sent[0]!.mail.html).toContain(`lang="${locale}"`);
    expect(sent[0]!.mail.text).not.toMatch(/\{\w+\}/);
  }
});

const aDisable: DisableRecord = {
  id: 'D1',
  participant: 'FINTECH_CL',
  origin: 'signature',
  cause: 'incident',
  reason: 'PALABRAS DEL REMITENTE',
  at: new Date('2026-11-22T12:00:00Z'),
  disabled: ['T1', 'T2'] as never,
  withdrawn: [],
  enrolmentIds: [],
  suspended: false,
  warnings: [],
};

test.each([
  ['signed', {}, 'desactivó un certificado en Banco del Puerto'],
  ['with the API key alone', { origin: 'apiKey' }, 'sin firma'],
  ['at the network', { origin: 'network' }, 'lo desactivó también'],
  ['by the PSC', { origin: 'psc' }, 'lo revocó'],
  ['after a rotation', { origin: 'rotation' }, 'ocupó su lugar'],
  ['while pending', { disabled: [], withdrawn: ['E1'] }, 'esperaba confirmación'],
  ['after a confirmed suspension', { origin: 'suspension' }, 'Se confirmó la suspensión'],
] as const)('a disable %s is told in words of our own', async (_, over, words) => {
  const { world } = await aWaitingConfirmation(['p1']);
  const { sent, send } = aPost(world, { ...aDisable, ...over } as DisableRecord);
  expect(await send('mail.disabled', 'p1')).toBe('SENT');
  expect(sent[0]!.mail.text).toContain(words);
  expect(sent[0]!.mail.text).not.toContain('PALABRAS');
});

test('a node operator reads which certificate of which node expires, and what its next one begins with', async () => {
  const { world, operators } = anAdministration();
  const [personId] = await operators();
  const refs = {
    personId: personId!,
    participant: 'FINTECH_CL',
    thumbprint: 'T',
    notAfter: '2027-01-31T12:00:00Z',
  };
  const { sent, deliverOne } = aPost(world);
  const entry = newOutboxEntry({
    id: 'x',
    queue: 'mail',
    kind: 'mail.expiring',
    refs,
    now: world.clock.now(),
  });
  expect(await deliverOne(entry)).toBe('SENT');
  expect(sent[0]!.mail.subject).toMatch(/ vence el 31\/01\/2027$/);
  expect(sent[0]!.mail.text).toContain('apodera admin announce-certificate');
});

test('an end by node operators is told to their like as what it is, and to the participant as its holder’s', async () => {
  const { world, operators } = anAdministration();
  const [one] = await operators();
  const record = { id: 'D1', participant: 'FINTECH_CL', origin: 'nodeOperators', enrolmentIds: [] };
  const { sent, send } = aPost(world, { ...record, disabled: ['T'], withdrawn: [] } as never);
  expect(await send('mail.disabled', one!)).toBe('SENT');
  expect(sent[0]!.mail.text).toContain('Los operadores del nodo Banco del Puerto terminaron un certificado');
});

test.each([
  ['by the key alone', { origin: 'apiKey' }, 'sin firma'],
  ['by another node', { origin: 'network' }, 'otro nodo'],
  ['by the officer', { origin: 'person', suspendedBy: 'securityOfficer' }, 'página de emergencia'],
  ['by a node operator', { origin: 'nodeOperators' }, 'Un operador de Banco del Puerto'],
] as const)(
  'a suspension %s is told to all, and one person finds the second word',
  async (_, over, words) => {
    const { world } = await aWaitingConfirmation(['p1']);
    const by = { kind: 'apiKey', keyId: 'K1' } as const;
    const first = { id: 'S1', participant: 'FINTECH_CL', by, reason: 'PALABRAS', asked: ['p1'], told: [] };
    await world.suspensions.record(suspend(first, world.clock.now()), { evidence: [], outbox: [] });
    const record = { ...aDisable, suspended: true, disabled: [], ...over } as DisableRecord;
    const { sent, send } = aPost(world, record);
    for (const person of ['p1', 'officer']) expect(await send('mail.suspended', person)).toBe('SENT');
    for (const { mail } of sent) expect(mail.text).toContain(words);
    for (const { mail } of sent) expect(mail.text).not.toContain('PALABRAS');
    const links = sent.map(({ mail }) => mail.text.includes('https://pages.test/suspension/'));
    expect(links).toEqual([true, false]);
  },
);

test('who has ended hears that, and nothing more', async () => {
  const { world, perform, operators } = anAdministration();
  const [one, two] = await operators();
  const { once } = await perform('participant.onboard', onboarding, [one!, two!]);
  const { id } = once.find(({ what }) => what === 'invitationCode')!;
  await perform('person.end', { person_id: id }, [one!]);
  const { sent, deliver, send } = aPost(world);
  expect(await deliver('mail.ended')).toEqual(['SENT']);
  expect(sent[0]!.mail.subject).toBe('Su acceso a Banco del Puerto terminó');
  expect(await send('mail.released', id)).toBe('NOT_NEEDED');
});

test.each([
  ['apiKey', 'recibió una clave de API nueva'],
  ['apiKeyEnded', 'terminaron una clave de API'],
  ['profile', 'cambiaron el registro'],
  ['limits.lower', 'sus límites o sus reglas'],
  ['webhook.payouts', 'la dirección a la que enviamos avisos'],
])('a change of access, %s, is told as what it is', async (what, words) => {
  const { world } = await aWaitingConfirmation(['p1']);
  const { sent, deliverOne } = aPost(world);
  const refs = { personId: 'p1', participant: 'AURORA', what };
  const kind = 'mail.access-changed';
  await deliverOne(newOutboxEntry({ id: 'x', queue: 'mail', kind, refs, now: world.clock.now() }));
  expect(sent[0]!.mail.text).toContain(words);
});
