// A confirmation that waits, with its links, and the page function that serves it.

import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type PageAnswer, readPageRequest } from '../../adapters/http/page-request.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { confirmationCode } from '../../core/message/code.ts';
import { askConfirmation } from '../../functions/ask-confirmation/ask-confirmation.ts';
import { serveConfirmation } from '../../functions/serve-confirmation/serve-confirmation.tsx';
import { aSubject, nonce } from './people.ts';
import { anEnrolment, aParty, aWorld, password, type World } from './people-world.ts';

const door = { origin: 'https://pages.test', nodeFinId: 'PUERTO' };
export const cookieToken = 'A'.repeat(27);
export const decisionId = `${aSubject.enrolment_id}.apoderado`;
export const rightCode = confirmationCode({
  thumbprint: aSubject.thumbprint as Thumbprint,
  messageId: 'm1',
  enrolmentId: aSubject.enrolment_id,
});

export interface Sent {
  readonly method?: string;
  readonly link: string;
  readonly form?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly source?: string;
}

function anEvent({
  method = 'GET',
  link,
  form,
  headers = {},
  source = '192.0.2.1',
}: Sent): APIGatewayProxyEvent {
  return {
    httpMethod: method,
    path: `/tasks/${link}`,
    pathParameters: { proxy: link },
    queryStringParameters: null,
    headers: {
      cookie: `__Host-apodera-form-PUERTO=${cookieToken}`,
      'accept-language': 'es-CL,es;q=0.9',
      ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin: door.origin }),
      ...headers,
    },
    body: form ? new URLSearchParams({ form_token: cookieToken, ...form }).toString() : null,
    isBase64Encoded: false,
    requestContext: { identity: { sourceIp: source }, requestId: 'req-1' },
  } as unknown as APIGatewayProxyEvent;
}

export async function aWaitingConfirmation(asked = ['p1', 'p2'], rule: 'any' | 'all' = 'any') {
  const world = aWorld();
  await world.addParty({ ...aParty, rule });
  for (const personId of asked) await world.addPerson({ personId });
  await world.addPerson({ personId: 'officer', office: 'securityOfficer', power: null });
  world.enrolments.set(aSubject.enrolment_id, anEnrolment({ holder: 'p1' }));
  await ask(world);
  const links = new Map<string, string>();
  for (const personId of asked)
    links.set(personId, await world.linkTo({ kind: 'task', decisionId, personId }));
  const ports = {
    ...world,
    enrolments: world.enrolmentStore,
    door,
    nodeName: 'Banco del Puerto',
    timeZone: 'America/Santiago',
    nonce,
    notAfterOf: async () => undefined,
  };
  const send = (sent: Omit<Sent, 'link'> & { person?: string; link?: string }): Promise<PageAnswer> =>
    serveConfirmation(
      ports,
      readPageRequest(anEvent({ ...sent, link: sent.link ?? links.get(sent.person ?? asked[0]!)! })),
    );
  /** Steps of the authenticator count once: each vote is given its own half minute. */
  const vote = (
    word: 'confirm' | 'reject',
    more: { person?: string; form?: Record<string, string>; source?: string } = {},
  ) => {
    world.clock.advance(30);
    const person = more.person ?? asked[0]!;
    const form = { vote: word, code: rightCode, password, totp: world.totp(person), ...more.form };
    return send({ method: 'POST', person, form, source: more.source });
  };
  const decision = async () => (await world.decisions.find(decisionId))!;
  return { world, links, send, vote, decision };
}

export function ask(world: World, taskToken = 'token-1', enrolmentId = aSubject.enrolment_id) {
  return askConfirmation(
    {
      ...world,
      enrolments: world.enrolmentStore,
      announceWake: (entry) => world.announce([entry]),
    },
    { taskToken, enrolmentId, office: 'apoderado', timeoutSeconds: 72 * 3600 },
  );
}
