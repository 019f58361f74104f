// One door for everything that nodes say to each other: who signed it, is it for us, what does it ask? The kinds'
// own rules are in the files beside this one.

import type { UsableCertificate } from '../../core/certificate/usable.ts';
import { readDisableForward, readSuspend } from '../../core/disable/forward.ts';
import type { DisableStore } from '../../core/disable/ports.ts';
import { readEndingCode } from '../../core/enrolment/answer.ts';
import { readForward } from '../../core/enrolment/forward.ts';
import { readNodeCertificate } from '../../core/enrolment/node-certificate.ts';
import type { OriginalMessage } from '../../core/enrolment/ports.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import { headIn, type Peer } from '../../core/evidence/peer-heads.ts';
import type { LastHead } from '../../core/evidence/ports.ts';
import {
  type AddressedEnvelope,
  actionOf,
  checkAge,
  type Institution,
  parametersOf,
} from '../../core/message/envelope.ts';
import { addressedEnvelope, type CallerMessage, verifySender } from '../../core/message/sender.ts';
import { readPayoutAnswer, readPayoutForward } from '../../core/payout/forward.ts';
import type { Party } from '../../core/people/party.ts';
import type { People } from '../../core/people/ports.ts';
import { endEnrolment } from './end-enrolment.ts';
import type { ReceivePayoutPorts } from './forwarded-payouts.ts';
import { receiveAnswer } from './receive-answer.ts';
import { type FromNode, receiveDisable } from './receive-disable.ts';
import { type ReceiveEnrolmentPorts, receiveEnrolment } from './receive-enrolment.ts';
import { receiveInquiry } from './receive-inquiry.ts';
import { receiveNodeCertificate, receiveNodeCertificateAnswer } from './receive-node-certificate.ts';
import { receivePayout } from './receive-payout.ts';
import { type ReceivePayoutAnswerPorts, receivePayoutAnswer } from './receive-payout-answer.ts';
import { type ReceiveSuspensionPorts, receiveSuspension } from './receive-suspension.ts';

export interface ReceiveNodeMessagePorts
  extends ReceiveEnrolmentPorts,
    Omit<ReceivePayoutPorts, 'participant'>,
    ReceivePayoutAnswerPorts,
    ReceiveSuspensionPorts {
  readonly role: 'network' | 'payoutOperator';
  readonly people: Pick<People, 'holders'>;
  readonly disables: DisableStore;
  /** After a restore: what was taken and paid is not known for sure, so that nobody hears "never seen". */
  readonly frozen?: boolean;
  peer(finId: string): Promise<Party | undefined>;
  /** Keeps what the message says of its sender's evidence. */
  readonly peerHeads: { hold(peer: Peer, head: LastHead): Promise<void> };
}

export interface NodeReceipt {
  readonly message_id: string;
  readonly status?: 'accepted' | 'rejected' | 'pending';
  readonly code?: string | null;
}

/** @throws Refusal */
export async function receiveNodeMessage(
  ports: ReceiveNodeMessagePorts,
  received: CallerMessage,
): Promise<NodeReceipt> {
  const now = ports.clock.now();
  const peer = await ports.peer(received.caller.participant);
  if (!peer || peer.kind === 'participant') throw new Refusal('PEER_UNKNOWN');
  const from: Institution = { finId: peer.finId, finIdSchema: peer.finIdSchema };
  const signed = await verifySender(ports, received, { participant: peer.finId, now });
  const envelope = addressedEnvelope(received.body, from, ports.node);
  checkAge(envelope.header, now, 'node');
  const head = headIn(envelope.document);
  if (head) await ports.peerHeads.hold({ finId: peer.finId, kind: peer.kind }, head);
  const { messageId } = envelope.header;
  const action = actionOf(envelope);
  requireRole(ports.role, peer.kind, action);
  if (ports.frozen && unanswerable.has(action))
    throw new Transient('TransientPayoutsFrozen', 'this node was restored and does not know its payouts yet');
  const message = { bytes: received.body, signature: signed.message.signature };
  const said = { from, apiKeyId: received.caller.keyId, messageId, message };
  const hear = actions[action]!;
  const outcome = await hear(ports, { ...said, envelope, peer, signer: signed.certificate });
  return { message_id: messageId, ...outcome };
}

interface Said extends FromNode {
  readonly envelope: AddressedEnvelope;
  readonly message: Required<OriginalMessage>;
  readonly peer: Party;
  readonly signer: UsableCertificate;
}

type Hear = (ports: ReceiveNodeMessagePorts, said: Said) => Promise<Omit<NodeReceipt, 'message_id'>>;

const actions: Readonly<Record<string, Hear>> = {
  async 'enrolment.forward'(ports, { envelope, from, apiKeyId, message, signer }) {
    const forward = readForward(parametersOf(envelope, 'enrolment.forward'));
    const around = { ...message, signedBy: signer.thumbprint };
    return receiveEnrolment(ports, { forward, from, apiKeyId, envelope: around });
  },
  async 'enrolment.answer'(ports, { peer, messageId, message }) {
    await receiveAnswer(ports, { operator: peer.finId, messageId, message });
    return {};
  },
  async 'enrolment.end'(ports, { envelope, peer, signer, ...said }) {
    const parameters = endParameters(envelope);
    await endEnrolment(ports, { ...said, signedBy: signer.thumbprint, parameters });
    return {};
  },
  async 'certificate.disable_forward'(ports, { envelope, peer, signer, ...said }) {
    const forward = readDisableForward(parametersOf(envelope, 'certificate.disable_forward'));
    await receiveDisable(ports, forward, { ...said, signedBy: signer.thumbprint });
    return {};
  },
  async 'participant.suspend'(ports, { envelope, peer, signer, ...said }) {
    const asked = readSuspend(parametersOf(envelope, 'participant.suspend'));
    await receiveSuspension(ports, asked, { ...said, signedBy: signer.thumbprint });
    return {};
  },
  async 'payout.forward'(ports, { envelope, from, signer, message }) {
    await receivePayout(ports, {
      forward: readPayoutForward(parametersOf(envelope, 'payout.forward')),
      from,
      envelope: { ...message, signer: signer.status.thumbprint },
    });
    return { status: 'accepted' };
  },
  async 'payout.inquire'(ports, { envelope, from }) {
    const forward = readPayoutForward(parametersOf(envelope, 'payout.inquire'));
    await receiveInquiry(ports, { forward, from });
    return {};
  },
  async 'payout.answer'(ports, { envelope, peer, message }) {
    const answer = readPayoutAnswer(parametersOf(envelope, 'payout.answer'));
    await receivePayoutAnswer(ports, { answer, payoutOperator: peer.finId, message });
    return {};
  },
  async 'node.certificate'(ports, { envelope, ...said }) {
    const certificate = readNodeCertificate(parametersOf(envelope, 'node.certificate'));
    return receiveNodeCertificate(ports, { ...said, certificate, header: envelope.header });
  },
  async 'node.certificate_answer'(ports, said) {
    await receiveNodeCertificateAnswer(ports, said);
    return {};
  },
};

/** Who may say what to whom: a network forwards, ends and disables, a payout operator answers. */
const speakers: Readonly<Record<string, readonly [Party['kind'], 'network' | 'payoutOperator']>> = {
  'enrolment.forward': ['network', 'payoutOperator'],
  'enrolment.end': ['network', 'payoutOperator'],
  'enrolment.answer': ['payoutOperator', 'network'],
  'certificate.disable_forward': ['network', 'payoutOperator'],
  'payout.forward': ['network', 'payoutOperator'],
  'payout.inquire': ['network', 'payoutOperator'],
  'payout.answer': ['payoutOperator', 'network'],
};

/** Each may end with a payout buried for ever (S6): not by a table that has forgotten what it paid. */
const unanswerable = new Set(['payout.forward', 'payout.inquire']);

/** Both kinds say these, each to the other. */
const mutual = new Set(['node.certificate', 'node.certificate_answer', 'participant.suspend']);

function requireRole(own: 'network' | 'payoutOperator', peer: Party['kind'], action: string): void {
  if (mutual.has(action) && own !== peer) return;
  const expected = speakers[action];
  if (!expected) throw new Refusal('ACTION_UNEXPECTED', { found: action });
  if (expected[0] !== peer || expected[1] !== own)
    throw new Refusal('ACTION_UNEXPECTED', {
      expected: `from a ${expected[0]} to a ${expected[1]}`,
      found: action,
    });
}

function endParameters(envelope: AddressedEnvelope): { enrolmentId: string; code: string } {
  const { enrolment_id, code } = parametersOf(envelope, 'enrolment.end');
  if (typeof enrolment_id !== 'string' || !/^[A-Za-z0-9._:-]{1,64}$/.test(enrolment_id))
    throw new Refusal('FORWARD_MALFORMED', { parameter: 'enrolment_id' });
  return { enrolmentId: enrolment_id, code: readEndingCode(code) };
}
