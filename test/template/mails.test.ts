import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readTemplate } from '../../local/template/template.ts';

const template = readTemplate(join(resolve(import.meta.dirname, '../..'), 'template.yaml'));
const resources = template.Resources as Record<
  string,
  { Type: string; Properties?: Record<string, unknown> }
>;
const ofType = (type: string) => Object.entries(resources).filter(([, one]) => one.Type === type);
const text = (value: unknown) => JSON.stringify(value);

test('mails leave with nothing rewritten: nobody asks for opens or clicks', () => {
  const sets = ofType('AWS::SES::ConfigurationSet');
  const destinations = ofType('AWS::SES::ConfigurationSetEventDestination');
  expect([sets.length, destinations.length]).toEqual([1, 1]);
  expect(text(sets)).not.toContain('TrackingOptions');
  expect(text([sets, destinations]).toLowerCase()).not.toMatch(/"(open|click)"/);
  expect(text(sets)).toContain('"TlsPolicy":"REQUIRE"');
});

test('what comes back is told to the one function that records it, encrypted on the way', () => {
  const [[, destination]] = ofType('AWS::SES::ConfigurationSetEventDestination') as [
    [string, (typeof resources)[string]],
  ];
  const { EventDestination } = destination.Properties as {
    EventDestination: { MatchingEventTypes: string[]; SnsDestination: object };
  };
  expect([...EventDestination.MatchingEventTypes].sort()).toEqual(['bounce', 'complaint', 'reject']);
  expect(EventDestination.SnsDestination).toEqual({ TopicARN: { Ref: 'MailReturnsTopic' } });
  expect(resources.MailReturnsTopic?.Properties).toEqual({ KmsMasterKeyId: { Ref: 'DataKey' } });
  expect(text(resources.MailReturnsTopicPolicy)).toContain('"aws:SourceAccount"');
  const listening = Object.entries(resources).filter(([, one]) =>
    text(one.Properties?.Events ?? {}).includes('MailReturnsTopic'),
  );
  expect(listening.map(([name]) => name)).toEqual(['RecordBounceFunction']);
});

test('every mail is sent through the configuration that tells of its return', () => {
  const senders = Object.entries(resources).filter(([, one]) =>
    text(one.Properties ?? {}).includes('ses:SendEmail'),
  );
  expect(senders.map(([name]) => name)).toEqual(['SendMailFunction']);
  expect(text(senders[0]![1].Properties?.Environment)).toContain(
    '"MAIL_CONFIGURATION_SET":{"Ref":"MailConfiguration"}',
  );
});
