import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { describe, expect, it } from 'vitest';
import { startMail } from '../../local/mail/mail.ts';
import { clientOf, freshFolder, onCleanUp } from './endpoints/support.ts';

const mailTo = (to: string, subject: string) =>
  new SendEmailCommand({
    FromEmailAddress: 'node@apodera.example',
    Destination: { ToAddresses: [to] },
    Content: {
      Simple: { Subject: { Data: subject }, Body: { Text: { Data: 'Ábrelo: http://localhost/c/1' } } },
    },
  });

describe('local mail', () => {
  it('keeps what SES was asked to send, also over a restart', async () => {
    const dataFolder = freshFolder();
    const first = await startMail({ dataFolder });
    await new SESv2Client(clientOf(first.url)).send(mailTo('ana@example.com', 'one'));
    await first.stop();
    const second = await startMail({ dataFolder });
    onCleanUp(() => second.stop());
    expect(second.inbox()).toMatchObject([
      {
        subject: 'one',
        destination: { to: ['ana@example.com'] },
        body: { text: 'Ábrelo: http://localhost/c/1' },
      },
    ]);
    const store = await (await fetch(`${second.url}/store`)).json();
    expect(store).toMatchObject({ emails: [{ subject: 'one' }] });
  });

  it('keeps what is set aside, and shows on its page only what came after, also over a restart', async () => {
    const dataFolder = freshFolder();
    const first = await startMail({ dataFolder });
    const client = new SESv2Client(clientOf(first.url));
    await client.send(mailTo('ana@example.com', 'invitation'));
    first.setAside();
    await client.send(mailTo('ana@example.com', 'question'));
    const shown = async (url: string) =>
      ((await (await fetch(`${url}/store`)).json()) as { emails: { subject: string }[] }).emails.map(
        ({ subject }) => subject,
      );
    expect(await shown(first.url)).toEqual(['question']);
    await first.stop();
    const second = await startMail({ dataFolder });
    onCleanUp(() => second.stop());
    expect(await shown(second.url)).toEqual(['question']);
    expect(second.inbox().map(({ subject }) => subject)).toEqual(['invitation', 'question']);
  });

  it('tells who waits for a mail', async () => {
    const mail = await startMail({ dataFolder: freshFolder() });
    onCleanUp(() => mail.stop());
    const waiting = mail.waitFor(({ destination }) => destination.to.includes('eva@example.com'));
    const client = new SESv2Client(clientOf(mail.url));
    await client.send(mailTo('ana@example.com', 'not this'));
    await client.send(mailTo('eva@example.com', 'this'));
    expect((await waiting).subject).toBe('this');
  });

  it('shows an inbox page', async () => {
    const mail = await startMail({ dataFolder: freshFolder() });
    onCleanUp(() => mail.stop());
    const page = await fetch(mail.url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<html')]);
  });
});
