// The people's and operators' part of the pages door, in memory, as a browser or the command line sees it.

import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { evidencePut } from '../../adapters/dynamodb/evidence.ts';
import { dynamoDbEvidenceChains } from '../../adapters/dynamodb/evidence-chain.ts';
import { nodeCertificates } from '../../adapters/dynamodb/node-certificates.ts';
import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { sourceTimes } from '../../adapters/dynamodb/revocation-sources.ts';
import { spentLimits } from '../../adapters/dynamodb/spent-limits.ts';
import { type PageAnswer, readPageRequest } from '../../adapters/http/page-request.ts';
import { Refusal } from '../../core/errors.ts';
import type { EvidenceRecord } from '../../core/evidence/record.ts';
import { totpAt } from '../../core/people/totp.ts';
import type { TrustInForce } from '../../core/trust.ts';
import { acceptInvitation } from '../../functions/apply-act/accept-invitation.ts';
import { voteOnAct } from '../../functions/apply-act/apply-act.ts';
import { changePasskey } from '../../functions/apply-act/change-passkey.ts';
import { delegate } from '../../functions/apply-act/delegate.ts';
import {
  type RequestCertificateInput,
  requestCertificate,
} from '../../functions/request-certificate/request-certificate.ts';
import { preparer } from '../../functions/serve-admin/prepare.ts';
import { serveAdmin } from '../../functions/serve-admin/serve-admin.tsx';
import { serveConsole } from '../../functions/serve-console/serve-console.tsx';
import { servePeople } from '../../functions/serve-people/serve-people.tsx';
import { signDigestPkcs1 } from '../../local/endpoints/kms-signatures.ts';
import { anAdministration } from './administration.ts';
import { testKey } from './certificates.ts';
import { nonce } from './people.ts';
import { password } from './people-world.ts';

const token = 'A'.repeat(27);
const origin = 'https://pages.test';

export interface Visit {
  readonly method?: string;
  readonly form?: Record<string, string>;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
  readonly session?: string;
  readonly bearer?: string;
}

/** Where the command line sends the browser for a code, and what only it knows. */
export function codeAsked(redirectUri = 'http://127.0.0.1:51000/done') {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client: 'cli',
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: 's'.repeat(22),
  });
  return { verifier, redirectUri, path: `/sign-in?${query}` };
}

export function aDoor() {
  const admin = anAdministration();
  const { world } = admin;
  const messageKey = testKey('rsa-2048', 'message-key');
  const requesting = {
    ...world,
    signer: {
      keyId: 'message-key',
      sign: async (digest: Uint8Array) => signDigestPkcs1(messageKey, Buffer.from(digest)),
    },
    publicKey: async () => createPublicKey(messageKey).export({ type: 'spki', format: 'der' }),
    record: async (evidence: EvidenceRecord) => {
      await world.table.transact([evidencePut(evidence)]);
    },
  };
  const ports = {
    ...admin.ports,
    ...world,
    door: { origin, nodeFinId: 'PUERTO' },
    nodeName: 'Banco del Puerto',
    timeZone: 'America/Santiago',
    nodeFinId: 'PUERTO',
    enrolments: enrolmentStore({
      table: world.table,
      announcer: { announce: async () => [] },
      sealer: world.sealer,
    }),
    statuses: statusStore(world.table, world.sealer),
    payouts: payoutReader(world.table),
    spentToday: (participant: string, day: string) =>
      spentLimits(world.table, world.sealer, participant, day),
    evidence: dynamoDbEvidenceChains(world.table),
    trust: {
      async inForce(): Promise<TrustInForce> {
        throw new Refusal('ANCHORS_MISSING');
      },
    },
    sourceTimes: (sources: readonly string[]) => sourceTimes(world.table, sources),
    nonce,
    passwordFallback: 'allowed' as 'allowed' | 'off',
    delegate: (input: Parameters<typeof delegate>[1]) => delegate(admin.ports, input),
    changePasskey: (input: Parameters<typeof changePasskey>[1]) => changePasskey(admin.ports, input),
    accept: (input: Parameters<typeof acceptInvitation>[1]) => acceptInvitation(admin.ports, input),
    apply: (input: Parameters<typeof voteOnAct>[1]) => voteOnAct(admin.ports, input),
    requestCertificate: (input: RequestCertificateInput) => requestCertificate(requesting, input),
    nodeCertificates: nodeCertificates(world.parties, statusStore(world.table, world.sealer)),
    prepare: preparer({
      encryptPeerKey: (key, peer) => world.cipher.encrypt(key, { peer }),
      shelve: async (body) => {
        const sha256 = createHash('sha256').update(body).digest('base64url');
        admin.manifests.set(sha256, body);
        return sha256;
      },
    }),
  };

  function visit(
    target: string,
    { method, form, json, headers, session, bearer }: Visit = {},
  ): Promise<PageAnswer> {
    const url = new URL(target, origin);
    const cookies = [
      `__Host-apodera-form-PUERTO=${token}`,
      ...(session ? [`__Host-apodera-session-PUERTO=${session}`] : []),
    ];
    const event = {
      httpMethod: method ?? (form || json ? 'POST' : 'GET'),
      path: url.pathname,
      pathParameters: { proxy: url.pathname.split('/').slice(2).join('/') },
      queryStringParameters: Object.fromEntries(url.searchParams),
      headers: {
        ...(bearer ? { authorization: `Bearer ${bearer}` } : { cookie: cookies.join('; ') }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin }),
        ...headers,
      },
      body: form
        ? new URLSearchParams({ form_token: token, ...form }).toString()
        : json
          ? JSON.stringify(json)
          : null,
      isBase64Encoded: false,
      requestContext: { identity: { sourceIp: '192.0.2.1' }, requestId: 'req-1' },
    } as unknown as APIGatewayProxyEvent;
    return answer(event);
  }

  function answer(event: APIGatewayProxyEvent): Promise<PageAnswer> {
    const request = readPageRequest(event);
    if (event.path.startsWith('/console')) return serveConsole(ports, request);
    return /^\/(acts|admin)/.test(event.path) ? serveAdmin(ports, request) : servePeople(ports, request);
  }

  const authenticators = admin.secrets;
  const totp = (personId: string) => {
    world.clock.advance(30);
    return totpAt(authenticators.get(personId)!, world.clock.now());
  };

  /** Through the invitation's own pages, as a person does it. */
  async function acceptByPage(personId: string, code: string) {
    const link = await world.linkTo({ kind: 'invitation', invitationId: admin.invitationOf(personId) });
    const path = `/invitations/${link}`;
    const setUp = await visit(path, { form: { step: 'code', invitation_code: code } });
    const secret = /name="totp_secret" value="([A-Z2-7]{32})"/.exec(setUp.body ?? '')?.[1] ?? '';
    authenticators.set(personId, secret);
    const form = {
      step: 'set',
      invitation_code: code,
      password,
      password_again: password,
      totp_secret: secret,
    };
    const done = await visit(path, { form: { ...form, totp: totp(personId) } });
    return { path, setUp, done };
  }

  async function operators(): Promise<{ id: string; email: string }[]> {
    const names = ['Carla Uno', 'Bruno Dos', 'Dora Tres'];
    const { once } = await admin.bootstrap(names);
    for (const { id, secret } of once) await acceptByPage(id, secret);
    return once.map(({ id }, index) => ({
      id,
      email: `${names[index]!.toLowerCase().replace(' ', '.')}@example.com`,
    }));
  }

  async function signInByBrowser({ id, email }: { id: string; email: string }): Promise<string> {
    const answer = await visit('/sign-in', { form: { email, password, totp: totp(id) } });
    return /session-PUERTO=([^;]+)/.exec(answer.cookies?.join() ?? '')?.[1] ?? '';
  }

  /** RFC 7636 as the command line does it, up to the redirect. */
  async function askForCode({ id, email }: { id: string; email: string }, redirectUri?: string) {
    const { verifier, redirectUri: asked, path } = codeAsked(redirectUri);
    const answer = await visit(path, { form: { email, password, totp: totp(id) } });
    const code = new URL(answer.location ?? origin).searchParams.get('code') ?? '';
    return { verifier, answer, code, redirectUri: asked };
  }

  const redeem = (form: Record<string, string>) =>
    visit('/sign-in/token', { form, headers: { cookie: '', origin: '' } });

  /** What a node's setting says of password and app, everywhere at once. */
  function fallback(word: 'allowed' | 'off') {
    for (const each of [ports, admin.ports, world.checking]) Object.assign(each, { passwordFallback: word });
  }

  return {
    ...admin,
    fallback,
    visit,
    answer,
    totp,
    acceptByPage,
    operators,
    signInByBrowser,
    askForCode,
    redeem,
  };
}
