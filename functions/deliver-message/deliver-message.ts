// Brings one message to another node, or one event to a participant's URL, and hears what they say. 200 and 409 are
// delivered; a refusal of a node is final; everything else is tried again later, with the same bytes and ids.

import { type KeyObject, randomUUID } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import type { LastHead } from '../../core/evidence/ports.ts';
import { type Institution, readEnvelope } from '../../core/message/envelope.ts';
import { type DigestSigner, readDetachedJws, signDetached, verifyDetached } from '../../core/message/jws.ts';
import {
  eventBytes,
  type NodeMessage,
  nodeMessageBytes,
  type ParticipantEvent,
} from '../../core/message/outgoing.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { messagePolicy } from '../../core/policy.ts';
import type { Clock } from '../../core/ports.ts';

export interface PostedAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
}

/** A message and the signature that its first attempt carried. */
export interface SignedBytes {
  readonly bytes: Uint8Array;
  readonly signature: string;
}

export interface DeliverPorts {
  readonly clock: Clock;
  readonly node: Institution;
  readonly signer: DigestSigner;
  /**
   * DER of the certificate that this node signs with now.
   * @param receiver another node, which may not have confirmed our next one yet
   */
  certificate(receiver?: string): Promise<Uint8Array>;
  /** What `signer` signs with: what was kept is proved to be our own before it is signed again (S22). */
  messageKey(): Promise<KeyObject>;
  readonly sent: {
    find(entryId: string): Promise<SignedBytes | undefined>;
    /** @param over in its place, where it became too old for its receiver */
    keep(entryId: string, first: SignedBytes, now: Date, over?: SignedBytes): Promise<SignedBytes>;
  };
  /** Through the egress guard; no redirects. @throws Transient, Refusal EGRESS_* */
  post(url: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<PostedAnswer>;
  /** A node that this one talks to: its API's origin and the API key it gave us. */
  peer(
    finId: string,
  ): Promise<
    { readonly institution: Institution; readonly apiUrl: string; readonly apiKey: string } | undefined
  >;
  /** Of this node's own evidence, for its peers to hold. */
  evidenceHead(): Promise<LastHead | undefined>;
  /** The participant's events URL in force; undefined where it registered none. */
  eventsUrl(participant: string, now: Date): Promise<string | undefined>;
}

export type Delivered =
  | { readonly outcome: 'RECEIVED'; readonly receipt: { readonly status?: string; readonly code?: string } }
  /** A rule of theirs said no: sending it again changes nothing. */
  | { readonly outcome: 'REFUSED'; readonly code: string }
  | {
      readonly outcome: 'NOT_NOW';
      readonly because: string;
      readonly retryAfter?: Date;
      /** Nothing is wrong with who receives it: its other messages go on. */
      readonly alone?: true;
    }
  /** There is nobody to tell. */
  | { readonly outcome: 'NOWHERE' };

type Entry = Pick<OutboxEntry, 'id' | 'createdAt'>;

export async function deliverToNode(
  ports: DeliverPorts,
  entry: Entry,
  message: Omit<NodeMessage, 'sender' | 'receiver'> & { readonly receiver: string },
): Promise<Delivered> {
  const peer = await ports.peer(message.receiver);
  // The peer is pinned and given its key by acts of people, who may still be at it.
  if (!peer) return { outcome: 'NOT_NOW', because: 'PEER_UNKNOWN' };
  const make = async () => {
    const evidenceHead = await ports.evidenceHead();
    const { institution: receiver } = peer;
    const createdAt = isTooOld(entry.createdAt, ports) ? ports.clock.now() : entry.createdAt;
    const dated = { id: entry.id, createdAt };
    return nodeMessageBytes(dated, { ...message, sender: ports.node, receiver, evidenceHead });
  };
  const signedBytes = await keptBytes(ports, entry.id, make, message.receiver);
  const url = `${peer.apiUrl.replace(/\/$/, '')}/v1/node/messages`;
  const headers = { 'Content-Type': 'application/json', 'Shinkansen-Api-Key': peer.apiKey };
  return heardFromNode(await send(ports, url, headers, signedBytes), ports.clock.now());
}

export async function deliverEvent(
  ports: DeliverPorts,
  entry: Entry,
  event: ParticipantEvent,
): Promise<Delivered> {
  const url = await ports.eventsUrl(event.participant, ports.clock.now());
  if (url === undefined) return { outcome: 'NOWHERE' };
  const signedBytes = await keptBytes(ports, entry.id, async () => eventBytes(entry.id, ports.node, event));
  const answer = await send(ports, url, { 'Content-Type': 'application/cloudevents+json' }, signedBytes);
  return heardFromParticipant(answer, ports.clock.now());
}

/**
 * The published message of responses, at the participant's own URL.
 * @param stands whether what an earlier attempt said is still so
 */
export async function deliverToWebhook(
  ports: DeliverPorts,
  entry: Entry,
  url: string,
  make: () => Uint8Array,
  stands: (said: Uint8Array) => boolean,
): Promise<Delivered> {
  const signedBytes = await keptBytes(ports, entry.id, async () => make());
  if (!stands(signedBytes.bytes)) return { outcome: 'NOWHERE' };
  const answer = await send(ports, url, { 'Content-Type': 'application/json' }, signedBytes);
  return heardFromParticipant(answer, ports.clock.now());
}

async function keptBytes(
  ports: DeliverPorts,
  entryId: string,
  make: () => Promise<Uint8Array>,
  receiver?: string,
): Promise<SignedBytes> {
  const kept = await ports.sent.find(entryId);
  if (!kept) return ports.sent.keep(entryId, await signed(ports, await make(), receiver), ports.clock.now());
  await requireOwn(ports, kept);
  if (receiver !== undefined && isTooOld(readEnvelope(kept.bytes).header.creationDate, ports))
    return ports.sent.keep(entryId, await signed(ports, await make(), receiver), ports.clock.now(), kept);
  // The certificate may have been changed since the first attempt.
  return signed(ports, kept.bytes, receiver);
}

/**
 * Revived after days, a message is dated anew (S4): who has heard it knows its message_id, whatever the text;
 * nobody else takes the old one any more.
 */
function isTooOld(made: Date, { clock }: Pick<DeliverPorts, 'clock'>): boolean {
  const { oldest, ahead } = messagePolicy;
  return clock.now().getTime() - made.getTime() > oldest.node - ahead;
}

async function signed(ports: DeliverPorts, bytes: Uint8Array, receiver?: string): Promise<SignedBytes> {
  return { bytes, signature: await signDetached(bytes, await ports.certificate(receiver), ports.signer) };
}

/** Else whoever can write the table would have us sign what they like. @throws Refusal PROOF_BROKEN */
async function requireOwn(ports: DeliverPorts, { bytes, signature }: SignedBytes): Promise<void> {
  const publicKey = await ports.messageKey();
  try {
    const jws = readDetachedJws(signature);
    verifyDetached(jws, bytes, { thumbprint: jws.thumbprint, publicKey });
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal('PROOF_BROKEN', { found: error.code });
    throw error;
  }
}

async function send(
  ports: DeliverPorts,
  url: string,
  headers: Readonly<Record<string, string>>,
  { bytes, signature }: SignedBytes,
): Promise<PostedAnswer> {
  const all = { ...headers, 'Shinkansen-JWS-Signature': signature, 'x-fapi-interaction-id': randomUUID() };
  return ports.post(url, all, bytes);
}

/** Statuses by which a node says that the content itself is refused (adapters/http/problem.ts). */
const FINAL = new Set([400, 404, 413, 422]);

function heardFromNode(answer: PostedAnswer, now: Date): Delivered {
  const { status } = answer;
  const body = objectIn(answer.body);
  // A 409 repeats the receipt of the first time; one without is another state of things, to be asked again.
  if ((status === 200 || status === 409) && typeof body?.message_id === 'string') {
    return { outcome: 'RECEIVED', receipt: { ...textOf(body, 'status'), ...textOf(body, 'code') } };
  }
  // Only a problem in our own form is the node's word: a proxy in between answers 400 and 404 too.
  const { code } = textOf(body ?? {}, 'code');
  if (FINAL.has(status) && code !== undefined) return { outcome: 'REFUSED', code };
  return notNow(answer, now);
}

/** Published receivers answer 400 to whatever they cannot read today: only time ends the attempts. */
function heardFromParticipant(answer: PostedAnswer, now: Date): Delivered {
  const received = (answer.status >= 200 && answer.status < 300) || answer.status === 409;
  return received ? { outcome: 'RECEIVED', receipt: {} } : notNow(answer, now);
}

function notNow({ status, retryAfter }: PostedAnswer, now: Date): Delivered {
  const at = retryAfter === undefined ? undefined : timeOf(retryAfter, now);
  // It hears us, and will not have this one yet: else one participant's message would hold up everybody's payouts.
  const alone = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return {
    outcome: 'NOT_NOW',
    because: `HTTP_${status}`,
    ...(at && { retryAfter: at }),
    ...(alone && { alone }),
  };
}

/** RFC 9110 §10.2.3: seconds or an HTTP date. */
function timeOf(retryAfter: string, now: Date): Date | undefined {
  const text = retryAfter.trim();
  if (/^\d{1,9}$/.test(text)) return new Date(now.getTime() + Number(text) * 1000);
  const at = new Date(text);
  return /GMT$/.test(text) && !Number.isNaN(at.getTime()) ? at : undefined;
}

function objectIn(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What a peer writes may reach logs and records: codes and statuses only. */
function textOf<Name extends 'status' | 'code'>(
  body: Readonly<Record<string, unknown>>,
  name: Name,
): { readonly [name in Name]?: string } {
  const value = body[name];
  const fits = typeof value === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(value);
  return (fits ? { [name]: value } : {}) as { readonly [name in Name]?: string };
}
