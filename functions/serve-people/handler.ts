// Wires the people's door: /invitations/*, /sign-in, /sign-in/token, /sign-out, /passkeys, /delegation and /assets/*.

import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { readConfig } from '../../adapters/config.ts';
import { invitations } from '../../adapters/dynamodb/invitations.ts';
import { links } from '../../adapters/dynamodb/links.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { sessions, signInCodes } from '../../adapters/dynamodb/sessions.ts';
import { pageAnswer, readPageRequest } from '../../adapters/http/page-request.ts';
import { lambdaClient } from '../../adapters/lambda/invoke.ts';
import { invoked, lambdaPasskeys, lambdaSecondFactor } from '../../adapters/lambda/second-factor.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import type { Person } from '../../core/people/person.ts';
import type { AcceptInvitationInput } from '../apply-act/accept-invitation.ts';
import type { ChangePasskeyInput } from '../apply-act/change-passkey.ts';
import type { DelegateInput } from '../apply-act/delegate.ts';
import { servePeople } from './serve-people.tsx';

const config = readConfig([
  'pagesOrigin',
  'nodeFinId',
  'nodeName',
  'nodeTimeZone',
  'checkFactorFunction',
  'applyActFunction',
  'passwordFallback',
]);
const parts = nodeParts('serve-people', { seals: false, queueUrls: {} });
const { table, sealer } = parts;
const lambda = lambdaClient();
const door = { origin: config.pagesOrigin, nodeFinId: config.nodeFinId };
const ports = {
  ...parts,
  door,
  nodeName: config.nodeName,
  timeZone: config.nodeTimeZone,
  links: links(table),
  invitations: invitations(table, sealer),
  people: people(table, sealer),
  parties: parties(table, sealer),
  sessions: sessions(table),
  signInCodes: signInCodes(table),
  secondFactor: lambdaSecondFactor(lambda, config.checkFactorFunction),
  passkeys: lambdaPasskeys(lambda, config.checkFactorFunction),
  passwordFallback: config.passwordFallback,
  nonce: () => randomBytes(20).toString('base64url'),
  accept: (input: AcceptInvitationInput) =>
    invoked<{ state: Person['state'] }>(lambda, config.applyActFunction, { ask: 'accept', input }),
  changePasskey: (input: ChangePasskeyInput) =>
    invoked<{ passkeys: number }>(lambda, config.applyActFunction, { ask: 'passkey', input }),
  delegate: (input: DelegateInput) =>
    invoked<{ until: string }>(lambda, config.applyActFunction, { ask: 'delegation', input }),
};

export async function handler(event: APIGatewayProxyEvent) {
  await parts.clock.tune();
  return pageAnswer(await servePeople(ports, readPageRequest(event)), door, event.httpMethod);
}
