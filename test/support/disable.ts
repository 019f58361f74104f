// A node in memory whose participant has certificates in any state, and what disabling them asks of it.

import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { sourcesOf } from '../../adapters/enrolling.ts';
import { validate } from '../../adapters/http/generated/disable-message.js';
import { requireShape } from '../../adapters/http/validate.ts';
import type { CertificateStatus, CertificateUse, Enrolment } from '../../core/enrolment/enrolment.ts';
import { type JsonObject, writeEnvelope } from '../../core/message/envelope.ts';
import type { Party } from '../../core/people/party.ts';
import type { Person } from '../../core/people/person.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import {
  type DisableCertificatePorts,
  disableCertificate,
} from '../../functions/disable-certificate/disable-certificate.ts';
import type { ExpireCertificatesPorts } from '../../functions/expire-certificates/expire-certificates.ts';
import { receiveEnrolment } from '../../functions/receive-node-message/receive-enrolment.ts';
import type { Issued, LeafOptions } from './certificates.ts';
import { enrolMessage, enrolmentNode, fintech, network, signedBy } from './enrolment.ts';

const caller = { participant: fintech.finId, keyId: 'K1' };

const person = (personId: string, office: Person['office']): Person => {
  const power = office === 'apoderado' ? { from: new Date(0), until: null } : null;
  return { personId, office, state: 'active', participant: fintech.finId, power } as Person;
};

export interface AskOptions {
  readonly by?: Issued;
  readonly messageId?: string;
  /** Of the path. */
  readonly path?: string;
  readonly keyId?: string;
}

/** @param over another table than one in memory */
export function disableStand(role: DisableCertificatePorts['role'] = 'network', over?: Table) {
  const node = enrolmentNode(undefined, over);
  const { clock, table, queues } = node;
  const enrolling = { ...node.ports, sourcesOf };
  const party = { ...fintech, kind: 'participant', locale: 'es' } as unknown as Party;
  const disables = disableStore(table, (entries) => queues.announce(entries));
  const ports: DisableCertificatePorts & Pick<ExpireCertificatesPorts, 'apiKeys'> = {
    ...enrolling,
    apiKeys: apiKeys(table, node.sealer),
    role,
    parties: {
      party: async (finId) => (finId === fintech.finId ? party : undefined),
      frozen: (finId) => disables.suspended(finId),
      parties: async () => [party, { ...network, kind: 'network' } as unknown as Party],
    },
    people: {
      holders: async (participant) =>
        participant === null
          ? [person('OPERATOR', 'nodeOperator')]
          : [person('OFFICER', 'securityOfficer'), person('APODERADO', 'apoderado')],
    },
    disables,
    checkShape: (message) => requireShape(validate, message as never),
  };
  let count = 0;

  async function pending(
    leaf: Issued,
    use: CertificateUse = 'signing',
    id?: string,
    replaces?: Issued,
  ): Promise<Enrolment> {
    const options = {
      leaf,
      messageId: `enrol-${++count}`,
      creationDate: clock.now(),
      parameters: { use, ...(replaces && { replaces: replaces.thumbprint }) },
    };
    const body = enrolMessage(options);
    const signature = replaces && (await signedBy(replaces, body));
    const received = { body, signature, caller };
    if (role === 'payoutOperator') return forwarded(id ?? `E-${count}`, received.body);
    return (await admitEnrolment({ ...enrolling, countUnsigned: async () => true }, received)).enrolment;
  }

  async function forwarded(enrolmentId: string, bytes: Uint8Array): Promise<Enrolment> {
    const forward = { enrolmentId, original: { bytes } };
    const outcome = await receiveEnrolment(enrolling, { forward, from: network, apiKeyId: 'KN' });
    const enrolment = await enrolling.enrolments.find(enrolmentId);
    if (!enrolment) throw new Error(`${outcome.status} ${outcome.code}`);
    return enrolment;
  }

  async function activate(from: Enrolment, over: Partial<CertificateStatus> = {}): Promise<void> {
    const { thumbprint, keyThumbprint, participant, id: enrolmentId, use, notAfter, sources } = from;
    const status: CertificateStatus = {
      ...{
        thumbprint,
        keyThumbprint,
        participant,
        enrolmentId,
        use,
        notAfter,
        sources,
        anchor: from.anchor!,
      },
      networkStatus: 'active',
      validity: 'valid',
      acceptingOperators: ['BANCO_CL'],
      activatedAt: clock.now(),
      ...over,
    };
    const evidence = {
      id: enrolling.ids.next(),
      scope: participant,
      kind: 'enrolment.activated',
      at: clock.now(),
      actor: { kind: 'node', function: 'settle-enrolment' } as const,
      subjects: { enrolmentId },
    };
    const activation = { from, status, steps: [], proofs: ['p'], evidence: [evidence], outbox: [] };
    const outcome = await enrolling.enrolments.activate(activation);
    if (outcome !== 'ACTIVATED') throw new Error(`expected ACTIVATED, found ${outcome}`);
  }

  async function disableMessage(parameters: JsonObject, options: AskOptions = {}) {
    const { messageId = `disable-${++count}`, by } = options;
    const header = { sender: fintech, receiver: network, messageId, creationDate: clock.now() };
    const body = writeEnvelope(header, {
      action: 'certificate.disable',
      parameters: { cause: 'other', reason: 'ya no se usa', ...parameters },
    });
    return { body, signature: by && (await signedBy(by, body)) };
  }

  return {
    ...node,
    ports,
    enrolling,
    enrolments: enrolling.enrolments,
    disables,
    suspensions: suspensions(table, async (entries) => {
      await queues.announce(entries);
    }),
    pending,
    activate,
    disableMessage,
    leaf: (keyLabel: string, options: Partial<LeafOptions> = {}) => node.leaf({ keyLabel, ...options }),
    /** @param id of the enrolment, at a payout operator: the network's */
    async active(leaf: Issued, over: Partial<CertificateStatus> = {}, id?: string): Promise<Issued> {
      await activate(await pending(leaf, over.use ?? 'signing', id), over);
      return leaf;
    },
    async activeReplacing(leaf: Issued, old: Issued, over: Partial<CertificateStatus> = {}): Promise<void> {
      await activate(await pending(leaf, 'signing', undefined, old), over);
    },
    async disable(parameters: JsonObject, options: AskOptions = {}) {
      const message = await disableMessage(parameters, options);
      const path = options.path === undefined ? {} : { thumbprint: options.path };
      return disableCertificate(ports, {
        ...message,
        caller: { ...caller, keyId: options.keyId ?? 'K1' },
        ...path,
      });
    },
    send: (message: { body: Uint8Array; signature: string | undefined }) =>
      disableCertificate(ports, { ...message, caller }),
    statusOf: async ({ thumbprint }: Issued) => (await enrolling.statuses.status(thumbprint))?.networkStatus,
    evidence: () =>
      [...node.items.values()]
        .filter(({ pk }) => pk.startsWith('EVIDNEW#'))
        .map(({ record }) => record as { kind: string; actor: JsonObject; facts: JsonObject }),
  };
}
