// Does whoever answers at this URL want to hear this network (S12)? It repeats words, or it does what published
// receivers of payout responses do, which know signed messages only: it takes what the network signed for this
// participant and refuses what it did not. A page that answers everything the same way shows neither.

import { Refusal } from '../../core/errors.ts';
import type { Institution } from '../../core/message/envelope.ts';
import { type DigestSigner, signDetached } from '../../core/message/jws.ts';
import { emptyResponsesBytes } from '../../core/payout/response.ts';
import type { Ids } from '../../core/ports.ts';
import type { WebhookPurpose } from '../../core/webhook.ts';

export interface ChallengePorts {
  /** The network, as its messages name it. */
  readonly node: Institution;
  readonly ids: Ids;
  readonly random: (bytes: number) => Uint8Array;
  readonly signer: DigestSigner;
  /** DER of the certificate that this node signs with now. */
  certificate(): Promise<Uint8Array>;
  /**
   * POSTs the body to the URL through the egress guard; the answer's status and first bytes.
   * @param signature absent: an unsigned body
   */
  post(
    url: string,
    body: Uint8Array,
    signature?: string,
  ): Promise<{ readonly status: number; readonly body: Uint8Array }>;
}

export interface Challenged {
  readonly url: string;
  readonly purpose: WebhookPurpose;
  readonly participant: Institution;
  readonly now: Date;
}

/** By which of the two it was answered. */
export type Answered = 'words' | 'signature';

/** @throws Refusal WEBHOOK_CHALLENGE_FAILED, and what the egress guard throws */
export async function challenge(ports: ChallengePorts, asked: Challenged): Promise<Answered> {
  const { repeated, status } = await askWords(ports, asked);
  if (repeated) return 'words';
  // Only for payouts is there a published form of what a receiver takes and refuses.
  const signed = asked.purpose === 'payouts' ? await askSignature(ports, asked) : undefined;
  if (signed?.told) return 'signature';
  const further = signed ? `; ${signed.genuine} to a signed message, ${signed.forged} to a forged one` : '';
  throw new Refusal('WEBHOOK_CHALLENGE_FAILED', {
    parameter: 'url',
    expected: `200 and the words${signed ? '; or 200 to a signed message, 400 to a forged one' : ''}`,
    found: `${status} without them${further}`,
  });
}

/** Whoever registers a URL of somebody else's cannot make it repeat the words. */
async function askWords(ports: ChallengePorts, { url, purpose }: Challenged) {
  const words = Buffer.from(ports.random(32)).toString('base64url');
  const { status, body } = await ports.post(url, Buffer.from(JSON.stringify({ challenge: words, purpose })));
  const answer = Buffer.from(body).toString('utf8').trim();
  return { status, repeated: status === 200 && (answer === words || challengeIn(answer) === words) };
}

function challengeIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { challenge?: unknown } | null)?.challenge;
  } catch {
    return undefined;
  }
}

/**
 * Two messages that hold no response and differ in nothing that can be seen without verifying: the forged one carries
 * the signature of the other. Both are under way at once, in an order that nobody can foretell.
 */
async function askSignature(ports: ChallengePorts, { url, participant, now }: Challenged) {
  const message = () => {
    const header = { messageId: ports.ids.next(), createdAt: now, network: ports.node, participant };
    return emptyResponsesBytes(header);
  };
  const genuine = message();
  const signature = await signDetached(genuine, await ports.certificate(), ports.signer);
  const forgedFirst = ports.random(1)[0]! % 2 === 1;
  const inOrder = forgedFirst ? [message(), genuine] : [genuine, message()];
  const answers = await Promise.all(inOrder.map((body) => ports.post(url, body, signature)));
  const [first, second] = answers.map(({ status }) => status) as [number, number];
  const [toForged, toGenuine] = forgedFirst ? [first, second] : [second, first];
  return { genuine: toGenuine, forged: toForged, told: toGenuine === 200 && toForged === 400 };
}
