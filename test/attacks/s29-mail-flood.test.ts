import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { mailbox } from '../../adapters/dynamodb/mailbox.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import { sendMail } from '../../functions/send-mail/send-mail.ts';
import type { Mail } from '../../pages/mails/mail.tsx';
import { aWaitingConfirmation, decisionId } from '../support/confirmation.ts';
import { aSubject } from '../support/people.ts';

async function aFlood() {
  const { world } = await aWaitingConfirmation(['p1']);
  const sent: Mail[] = [];
  const ports = {
    ...world,
    enrolments: world.enrolmentStore,
    random: (bytes: number) => randomBytes(bytes),
    disables: { find: async () => undefined },
    mailbox: mailbox(world.table),
    send: async (_: string, mail: Mail) => void sent.push(mail),
    nodeName: 'Banco del Puerto',
    timeZone: 'America/Santiago',
    origin: 'https://pages.test',
  };
  const notice = (index: number, kind = 'mail.enrolment-notice') =>
    newOutboxEntry({
      id: `flood.${kind}.${index}`,
      queue: 'mail',
      kind,
      refs: { enrolmentId: aSubject.enrolment_id, personId: 'p1' },
      now: world.clock.now(),
    });
  const digests = () => [...world.items.values()].filter(({ sk }) => sk.startsWith('OUTBOX#mail.digest.'));
  return { world, sent, ports, notice, digests };
}

test('S29 after five mails in a day the rest comes as one digest an hour, with every link that still matters', async () => {
  const { world, sent, ports, notice, digests } = await aFlood();
  for (let index = 0; index < 40; index++) await sendMail(ports, notice(index));
  expect(sent).toHaveLength(5);
  expect(digests()).toHaveLength(1);
  world.clock.advance(3600);
  const [item] = digests();
  const refs = item!.refs as { personId: string; digestId: string };
  await sendMail(
    ports,
    newOutboxEntry({ id: refs.digestId, queue: 'mail', kind: 'mail.digest', refs, now: world.clock.now() }),
  );
  expect(sent).toHaveLength(6);
  expect(sent[5]!.subject).toBe('Avisos de Banco del Puerto de la última hora: 35');
  expect(sent[5]!.text).toMatch(/https:\/\/pages\.test\/tasks\/[A-Za-z0-9_-]{27}/);
});

test('S29 a question never waits behind notices, and is held back by questions alone', async () => {
  const { world, sent, ports, notice, digests } = await aFlood();
  const question = (index: number) =>
    newOutboxEntry({
      id: `flood.question.${index}`,
      queue: 'mail',
      kind: index === 0 ? 'mail.confirmation' : 'mail.reminder',
      refs: { decisionId, personId: 'p1' },
      now: world.clock.now(),
    });
  for (let index = 0; index < 10; index++) await sendMail(ports, notice(index));
  for (let index = 0; index < 5; index++) expect(await sendMail(ports, question(index))).toBe('SENT');
  expect(await sendMail(ports, question(5))).toBe('HELD');
  expect(await sendMail(ports, notice(11))).toBe('HELD');
  expect(sent).toHaveLength(10);
  expect(digests()).toHaveLength(1);
});

test('S29 questions use up the place of notices', async () => {
  const { world, ports, notice } = await aFlood();
  const refs = { decisionId, personId: 'p1' };
  for (let index = 0; index < 5; index++)
    await sendMail(
      ports,
      newOutboxEntry({ id: `q${index}`, queue: 'mail', kind: 'mail.reminder', refs, now: world.clock.now() }),
    );
  expect(await sendMail(ports, notice(0))).toBe('HELD');
});

test('S29 security notices are never held back', async () => {
  const { sent, ports, notice } = await aFlood();
  for (let index = 0; index < 10; index++) await sendMail(ports, notice(index));
  expect(await sendMail(ports, notice(1, 'mail.break-glass'))).toBe('SENT');
  expect(sent).toHaveLength(6);
});

test('S29 a mail that is tried again does not count again', async () => {
  const { sent, ports, notice, digests } = await aFlood();
  for (let tries = 0; tries < 10; tries++) await sendMail(ports, notice(0));
  expect(sent).toHaveLength(10);
  expect(digests()).toEqual([]);
});
