import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { mailbox } from '../../adapters/dynamodb/mailbox.ts';
import { outboxKey } from '../../adapters/dynamodb/outbox.ts';
import { bounceRecord } from '../../functions/record-bounce/bounce-ports.ts';
import { type BouncePorts, bounceOf, handleBounce } from '../../functions/record-bounce/record-bounce.ts';
import { sendMail } from '../../functions/send-mail/send-mail.ts';
import type { Mail } from '../../pages/mails/mail.tsx';
import { anAdministration } from '../support/administration.ts';
import { aWaitingConfirmation } from '../support/confirmation.ts';
import type { World } from '../support/people-world.ts';

const ses = (event: object) => bounceOf(JSON.stringify(event));
const bounced = (address: string, bounceType = 'Permanent') =>
  ses({
    eventType: 'Bounce',
    bounce: { bounceType, feedbackId: `f-${address}`, bouncedRecipients: [{ emailAddress: address }] },
  });

function bouncing(world: World) {
  const alarms: string[] = [];
  const ports: BouncePorts = {
    ...world,
    alarm: (personId) => void alarms.push(personId),
    record: bounceRecord(
      world.table,
      (entries) => world.announce(entries),
      () => world.clock.now(),
    ),
  };
  const told = (kind: string) => [...new Set(world.outbox(kind).map(({ refs }) => refs.personId))].sort();
  return { alarms, ports, told };
}

describe('what SES says', () => {
  test('of a permanent or undetermined bounce, a complaint and a refusal is news; of the rest it is none', () => {
    expect(bounced('a@example.com')).toMatchObject({ kind: 'bounce', addresses: ['a@example.com'] });
    expect(bounced('a@example.com', 'Undetermined')?.kind).toBe('bounce');
    expect(bounced('a@example.com', 'Transient')).toBeUndefined();
    const complainedRecipients = [{ emailAddress: 'b@example.com' }];
    expect(
      ses({ eventType: 'Complaint', complaint: { feedbackId: 'f', complainedRecipients } }),
    ).toMatchObject({ kind: 'complaint', addresses: ['b@example.com'] });
    expect(
      ses({ eventType: 'Reject', mail: { messageId: 'm', destination: ['c@example.com'] } }),
    ).toMatchObject({ kind: 'refused', addresses: ['c@example.com'] });
    for (const eventType of ['Delivery', 'Open', 'Click', 'Send'])
      expect(ses({ eventType, mail: { messageId: 'm', destination: ['c@example.com'] } })).toBeUndefined();
  });
});

describe('a mail that came back', () => {
  test('is evidence, an alarm, and told to the other node operators', async () => {
    const { world, operators } = anAdministration();
    const [one, two, three] = await operators();
    const { alarms, ports, told } = bouncing(world);
    expect(await handleBounce(ports, bounced('carla.uno@example.com')!)).toEqual({ persons: 1 });
    expect(alarms).toEqual([one]);
    expect(told('mail.bounced')).toEqual([two, three].sort());
    expect(world.evidence().at(-1)).toMatchObject({
      kind: 'mail.bounced',
      subjects: { personId: one },
      facts: { kind: 'bounce' },
    });
    const sent: Mail[] = [];
    const mails = {
      ...world,
      enrolments: world.enrolmentStore,
      disables: { find: async () => undefined },
      random: (bytes: number) => randomBytes(bytes),
      mailbox: mailbox(world.table),
      send: async (_: string, mail: Mail) => void sent.push(mail),
      nodeName: 'Banco del Puerto',
      timeZone: 'America/Santiago',
      origin: 'https://pages.test',
    };
    for (const entry of world.outbox('mail.bounced')) await sendMail(mails, entry);
    expect(sent[0]!.text).toContain('Carla Uno');
  });

  test('reminds at once whoever else was asked, tells the participant’s people, and rejects nothing', async () => {
    const { world, decision } = await aWaitingConfirmation(['p1', 'p2']);
    const before = world.outbox('mail.reminder').length;
    const { ports, told } = bouncing(world);
    await handleBounce(ports, bounced('p1@example.com')!);
    const reminded = world.outbox('mail.reminder').slice(before);
    expect(reminded.map(({ refs, nextAttemptAt }) => [refs.personId, nextAttemptAt])).toEqual([
      ['p2', world.clock.now()],
    ]);
    expect(told('mail.bounced')).toEqual(['officer', 'p2']);
    expect(await decision()).toMatchObject({ state: 'waiting', votes: [] });
  });

  test('reminds nobody who has answered, and nobody of a complaint, which was read', async () => {
    const { world, vote } = await aWaitingConfirmation(['p1', 'p2'], 'all');
    await vote('confirm', { person: 'p2' });
    const before = world.outbox('mail.reminder').length;
    const { ports } = bouncing(world);
    await handleBounce(ports, bounced('p1@example.com')!);
    const complainedRecipients = [{ emailAddress: 'p1@example.com' }];
    await handleBounce(ports, ses({ eventType: 'Complaint', complaint: { complainedRecipients } })!);
    expect(world.outbox('mail.reminder')).toHaveLength(before);
  });

  test('told twice by SNS is told once by us', async () => {
    const { world } = await aWaitingConfirmation(['p1', 'p2']);
    const { ports } = bouncing(world);
    await handleBounce(ports, bounced('p1@example.com')!);
    const before = world.snapshot();
    await handleBounce(ports, bounced('p1@example.com')!);
    expect(world.snapshot()).toBe(before);
  });

  test('told again by SNS after the mails about it were sent is told no more', async () => {
    const { world } = await aWaitingConfirmation(['p1', 'p2']);
    const { ports } = bouncing(world);
    await handleBounce(ports, bounced('p1@example.com')!);
    for (const { id } of [...world.outbox('mail.bounced'), ...world.outbox('mail.reminder')])
      await world.table.write({ delete: outboxKey(id) });
    world.clock.advance(3 * 86_400);
    const before = world.snapshot();
    await handleBounce(ports, bounced('p1@example.com')!);
    expect(world.snapshot()).toBe(before);
  });

  test('to an address of nobody here changes nothing', async () => {
    const { world } = await aWaitingConfirmation();
    const { ports, alarms } = bouncing(world);
    const before = world.snapshot();
    expect(await handleBounce(ports, bounced('nobody@example.com')!)).toEqual({ persons: 0 });
    expect([alarms, world.snapshot()]).toEqual([[], before]);
  });
});
