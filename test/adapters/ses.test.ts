import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, test } from 'vitest';
import { sesSender } from '../../adapters/mail/ses.ts';

test.each([
  'Banco Andino',
  'Cooperativa de Ahorro y Crédito de los Trabajadores Independientes del Maule Limitada',
  'ñ'.repeat(100),
  '"Otro" <a@evil.test>\r\nBcc: b@evil.test',
])('RFC 2047 the name “%s” stays one name, in words that every mail program reads', async (name) => {
  const client = new SESv2Client({ region: 'sa-east-1' });
  const sent = mockClient(client).on(SendEmailCommand).resolves({});
  const send = sesSender({ client, from: 'avisos@banco.test', name, configurationSet: 'set' });
  await send('ana@example.com', { subject: 's', html: 'h', text: 't' });
  const from = sent.commandCalls(SendEmailCommand)[0]!.args[0].input.FromEmailAddress!;
  const words = from.replace(/ <avisos@banco\.test>$/, '').split(' ');
  for (const word of words) expect(word).toMatch(/^(?=.{1,75}$)=\?UTF-8\?B\?[A-Za-z0-9+/=]+\?=$/);
  const texts = words.map((word) => Buffer.from(word.slice(10, -2), 'base64').toString('utf8'));
  expect(texts.join('')).toBe(name);
});
