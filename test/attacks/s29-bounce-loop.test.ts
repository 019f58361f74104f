import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { mailbox } from '../../adapters/dynamodb/mailbox.ts';
import { outboxKey } from '../../adapters/dynamodb/outbox.ts';
import { bounceRecord } from '../../functions/record-bounce/bounce-ports.ts';
import { handleBounce } from '../../functions/record-bounce/record-bounce.ts';
import { sendMail } from '../../functions/send-mail/send-mail.ts';
import { aWaitingConfirmation } from '../support/confirmation.ts';

test('S29 P: two dead addresses of one participant do not tell each other for ever that they are dead', async () => {
  const { world } = await aWaitingConfirmation(['p1', 'p2']);
  const record = bounceRecord(
    world.table,
    (entries) => world.announce(entries),
    () => world.clock.now(),
  );
  const ports = { ...world, alarm: () => {}, record };
  let bounces = 0;
  const mails = {
    ...world,
    enrolments: world.enrolmentStore,
    random: (bytes: number) => randomBytes(bytes),
    disables: { find: async () => undefined },
    mailbox: mailbox(world.table),
    async send(to: string) {
      if (!/^p[12]@/.test(to)) return;
      await handleBounce(ports, { kind: 'bounce', addresses: [to], id: `feedback-${bounces++}` });
    },
    nodeName: 'Banco del Puerto',
    timeZone: 'America/Santiago',
    origin: 'https://pages.test',
  };
  // Each round is as long as a mail takes to come back; all together they are minutes of one day.
  let sent = 0;
  const done = new Set<string>();
  for (let round = 0; round < 40; round++) {
    world.clock.advance(10);
    const due = world
      .outbox()
      .filter(
        ({ id, nextAttemptAt }) =>
          id.startsWith('mail.') && !done.has(id) && nextAttemptAt <= world.clock.now(),
      );
    for (const entry of due) {
      if ((await sendMail(mails, entry)) === 'SENT') sent++;
      done.add(entry.id);
      await world.table.write({ delete: outboxKey(entry.id) });
    }
  }
  expect(bounces).toBeGreaterThan(3);
  // Four people, five counted mails each, whatever comes back.
  expect(sent).toBeLessThan(25);
});
