// A network and a payout operator with their own operators, tables and outboxes, that hand over certificates to each
// other: the real functions, the workflow's order played here, a participant's events URL at the end.

import { createPublicKey } from 'node:crypto';
import { isOutboxItem, readEntry } from '../../adapters/dynamodb/outbox.ts';
import { sentMessages } from '../../adapters/dynamodb/sent-messages.ts';
import { problemOf } from '../../adapters/http/problem.ts';
import { signPssDigest } from '../../adapters/memory/signer.ts';
import { ownCertificate } from '../../adapters/own-certificate.ts';
import type { NodeRole } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import type { ActParameters } from '../../core/people/act-parameters.ts';
import { askConfirmation } from '../../functions/ask-confirmation/ask-confirmation.ts';
import { checkRevocation } from '../../functions/check-revocation/check-revocation.ts';
import {
  type Delivered,
  deliverToNode,
  type PostedAnswer,
} from '../../functions/deliver-message/deliver-message.ts';
import { nodeCertificateDeliveries } from '../../functions/deliver-message/node-certificate-deliveries.ts';
import { notifyEnrolment } from '../../functions/notify-enrolment/notify-enrolment.ts';
import { signingCertificatesOf } from '../../functions/read-certificates/read-certificates.ts';
import { receiveNodeMessage } from '../../functions/receive-node-message/receive-node-message.ts';
import { settleEnrolment } from '../../functions/settle-enrolment/settle-enrolment.ts';
import { anAdministration, onboarding, psc } from './administration.ts';
import { type Issued, type LeafOptions, someHolder } from './certificates.ts';
import { memoryLarge } from './payouts.ts';

export const network = 'SHINKANSEN';
export const bank = 'PUERTO';
export const participant = onboarding.profile.fin_id;

const pinOf = (finId: string, kind: NodeRole, leaf: Issued): ActParameters['peer.pin'] => ({
  fin_id: finId,
  fin_id_schema: 'SHINKANSEN',
  kind,
  name: finId,
  country: 'CL',
  tax_id: '76543210-3',
  time_zone: 'America/Santiago',
  locale: 'es',
  api_url: `https://${finId.toLowerCase()}.test`,
  certificate_thumbprint: leaf.thumbprint,
  certificate_chain: base64(leaf),
});
export const base64 = ({ chain }: Issued) =>
  chain.slice(0, -1).map((der) => Buffer.from(der).toString('base64'));

export const certificateOf = (finId: string, options: Partial<LeafOptions> = {}) =>
  psc.issue({ holder: someHolder, keyLabel: finId, notAfter: new Date('2027-12-31T00:00:00Z'), ...options });

interface Receives {
  readonly finId: string;
  take(from: string, signature: string, body: Uint8Array, said: string[]): Promise<PostedAnswer>;
}
export type Node = Awaited<ReturnType<typeof aNode>>;

async function aNode(
  finId: string,
  role: NodeRole,
  key: Issued['key'],
  others: () => Readonly<Record<string, Receives>>,
) {
  const admin = anAdministration({ finId, role });
  const { world, ports: atNode } = admin;
  const { table, clock } = world;
  const events: { url: string; body: Record<string, unknown> }[] = [];
  const refused: string[] = [];
  const revocation = { of: (_thumbprint: string): 'good' | 'revoked' => 'good' };
  const operators = await admin.operators();
  const store = { ...atNode.enrolments } as never as Parameters<typeof notifyEnrolment>[0]['enrolments'];
  const ports = {
    ...world,
    ...atNode,
    enrolments: store,
    peer: (id: string) => world.parties.party(id),
    peerHeads: { hold: async () => {} },
    secondFactor: world.secondFactor,
  };
  const messageKey = async () => createPublicKey(key);
  const delivering = {
    ...ports,
    signer: { sign: async (digest: Uint8Array) => signPssDigest(key, digest) },
    certificate: (receiver?: string) =>
      ownCertificate({ ...ports, finId, parties: world.parties, messageKey }, receiver),
    messageKey,
    sent: sentMessages(table, memoryLarge()),
    evidenceHead: async () => undefined,
    eventsUrl: async (id: string) =>
      id === participant && role === 'network' ? 'https://aurora.test' : undefined,
    async peer(id: string) {
      const party = await world.parties.party(id);
      return party && { institution: party, apiUrl: party.apiUrl!, apiKey: 'k' };
    },
    async post(
      url: string,
      headers: Readonly<Record<string, string>>,
      body: Uint8Array,
    ): Promise<PostedAnswer> {
      const signature = headers['Shinkansen-JWS-Signature']!;
      if (url === 'https://aurora.test') {
        events.push({ url, body: JSON.parse(Buffer.from(body).toString()) as Record<string, unknown> });
        return { status: 200, retryAfter: undefined, body: new Uint8Array() };
      }
      const to = Object.values(others()).find((one) =>
        url.startsWith(`https://${one.finId.toLowerCase()}.test`),
      )!;
      return to.take(finId, signature, body, refused);
    },
  };
  const deliver = nodeCertificateDeliveries(delivering);
  const done = new Set<string>();
  const waiting = new Set<string>();

  async function workflow(enrolmentId: string): Promise<void> {
    const revocationOf = async (path: { leaf: { der: Uint8Array } }) => {
      if (revocation.of(Buffer.from(path.leaf.der).toString('base64')) === 'revoked')
        throw new Refusal('CERTIFICATE_REVOKED');
      return { sources: [] };
    };
    const checked = await checkRevocation({ ...ports, revocationOf: revocationOf as never }, { enrolmentId });
    if (checked.outcome !== 'GOOD') return settled(enrolmentId, checked.outcome);
    const told = await notifyEnrolment(notifying, { enrolmentId, moment: 'CHECKED' });
    if (told.outcome !== 'ASK') throw new Error(`asks nobody: ${told.outcome}`);
    const { office } = told;
    await askConfirmation(
      { ...ports, announceWake: async (entry) => void world.announced.push(entry) },
      {
        enrolmentId,
        office,
        taskToken: `token of ${enrolmentId}`,
        timeoutSeconds: 72 * 3600,
      },
    );
    waiting.add(enrolmentId);
  }
  async function settled(enrolmentId: string, finding = 'GOOD'): Promise<void> {
    waiting.delete(enrolmentId);
    await settleEnrolment(settling as never, { enrolmentId, finding, final: true });
    await notifyEnrolment(notifying, { enrolmentId, moment: 'SETTLED' });
  }
  const notifying = { ...ports, lastSensitiveChange: async () => undefined };
  const settling = { ...notifying, suspended: async () => false, warn: () => {} };

  async function effect(entry: OutboxEntry): Promise<Delivered | undefined> {
    if (entry.kind === 'enrolment.start') return void (await workflow(entry.refs.enrolmentId!));
    if (entry.kind === 'execution.wake') {
      const id = entry.refs.decisionId!.replace(/\.nodeOperator$/, '');
      return waiting.has(id) ? void (await settled(id)) : undefined;
    }
    return deliver[entry.kind]?.(entry);
  }

  return {
    finId,
    admin,
    world,
    operators,
    events,
    refused,
    revocation,
    settled,
    delivering,
    /** Who may send what is inside a forward, as the deployed function asks. */
    asParticipants: (participantOf: (finId: string) => Promise<unknown>) =>
      void Object.assign(ports, { participant: participantOf }),
    async take(from: string, signature: string, body: Uint8Array, said: string[]) {
      const answer = (status: number, content: object) => ({
        status,
        retryAfter: undefined,
        body: Buffer.from(JSON.stringify(content)),
      });
      try {
        const caller = { participant: from, keyId: 'K' };
        return answer(200, await receiveNodeMessage(ports as never, { body, signature, caller }));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        said.push(error.code);
        const problem = problemOf(error, '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01');
        return answer(problem.status, problem.body ?? {});
      }
    },
    /** Everything in the outbox that is due, each entry once. */
    async drain(): Promise<boolean> {
      const stored = [...world.items.values()].filter(isOutboxItem).map(readEntry);
      const due = stored.filter(({ id, nextAttemptAt }) => !done.has(id) && nextAttemptAt <= clock.now());
      for (const entry of due) if ((await effect(entry))?.outcome !== 'NOT_NOW') done.add(entry.id);
      return due.length > 0;
    },
    /** An ordinary message to the other node; 200, or what it refused with. */
    async says(receiver: string, id: string): Promise<string> {
      const entry = { id, createdAt: clock.now() };
      const parameters = { enrolment_id: 'unknown-1', code: 'WITHDRAWN' };
      const action = role === 'network' ? 'enrolment.end' : 'enrolment.answer';
      const content = role === 'network' ? parameters : { ...parameters, thumbprint: 'T', status: 'pending' };
      const delivered = await deliverToNode(delivering, entry, { receiver, action, parameters: content });
      return delivered.outcome === 'REFUSED' ? delivered.code : delivered.outcome;
    },
    signsWith: async (receiver?: string) =>
      Buffer.from(await delivering.certificate(receiver)).toString('base64'),
    published: (of: string) => signingCertificatesOf(ports, of),
    async state(thumbprint: string) {
      const status = await atNode.statuses.status(thumbprint as never);
      return status ? status.networkStatus : 'unknown';
    },
  };
}

export async function twoNodes() {
  const first = { [network]: certificateOf(network), [bank]: certificateOf(bank) };
  const nodes: Record<string, Node> = {};
  nodes[network] = await aNode(network, 'network', first[network]!.key, () => nodes);
  nodes[bank] = await aNode(bank, 'payoutOperator', first[bank]!.key, () => nodes);
  for (const { admin, operators } of Object.values(nodes)) {
    await admin.perform('peer.pin', pinOf(network, 'network', first[network]!), operators.slice(0, 2));
    await admin.perform('peer.pin', pinOf(bank, 'payoutOperator', first[bank]!), operators.slice(0, 2));
    await admin.perform('participant.onboard', onboarding, operators.slice(0, 2));
  }
  const [net, op] = [nodes[network]!, nodes[bank]!];
  return {
    first,
    net,
    op,
    async run() {
      for (let round = 0; round < 10; round++)
        if (![await net.drain(), await op.drain()].some(Boolean)) return;
    },
    advanceDays(days: number) {
      for (const { world } of [net, op]) world.clock.advance(days * 86_400);
    },
    /** The two operators of a node announce its next certificate. */
    announce(node: Node, next: Issued, signs_from: string | null = null) {
      const parameters = {
        certificate_thumbprint: next.thumbprint,
        certificate_chain: base64(next),
        signs_from,
      };
      return node.admin.perform('node.announceCertificate', parameters, node.operators.slice(0, 2));
    },
    /** What waits for the operators of a node. */
    open: async (node: Node) =>
      (await node.world.acts.open()).filter(({ kind }) => kind === 'peer.confirmCertificate'),
  };
}
