// Who says what to whom, and when? One envelope for every signed kind: header, then an action with its parameters,
// or the payout kinds' own list. Reading it believes nothing: the signature is verified before, over the same bytes,
// and whether the sender may do the act is asked after.

import type { Json } from '../canonical-json.ts';
import { Refusal } from '../errors.ts';
import { messagePolicy } from '../policy.ts';
import { readJson } from './json.ts';

/** An institution as the network names it; compared by both names, with regard to case. */
export interface Institution {
  readonly finId: string;
  readonly finIdSchema: string;
}

export interface MessageHeader {
  readonly sender: Institution;
  readonly receiver: Institution;
  /** Unique for its sender, for ever. */
  readonly messageId: string;
  readonly creationDate: Date;
  /** As written: what a proof of possession was made over. */
  readonly creationDateText: string;
}

export type JsonObject = { readonly [key: string]: Json | undefined };

export interface Envelope {
  readonly header: MessageHeader;
  /** The whole of `document`, header included: the kinds with a list of their own read it from here. */
  readonly document: JsonObject;
}

declare const addressed: unique symbol;
declare const timely: unique symbol;

/** Proof that the envelope is from this caller to this node. */
export type AddressedEnvelope = Addressed<Envelope>;
export type Addressed<E> = E & { readonly [addressed]: true };
/** Proof that the message is neither stale nor from the future. */
export type TimelyHeader = MessageHeader & { readonly [timely]: true };

/** Clients that leave the schema empty mean the network's own. */
const NETWORK_SCHEMA = 'SHINKANSEN';
/** The names become keys of items: no separator of ours, no white space. */
const NAME = /^[A-Za-z0-9._:-]{1,64}$/;

/** @throws Refusal BODY_EMPTY, BODY_NOT_JSON, BODY_DUPLICATE_KEY, BODY_TOO_DEEP, ENVELOPE_MALFORMED */
export function readEnvelope(bytes: Uint8Array): Envelope {
  const message = objectIn(readJson(bytes), 'body');
  const document = objectIn(message.document, 'document');
  return { header: readHeader(objectIn(document.header, 'document.header')), document };
}

/** @throws Refusal ENVELOPE_MALFORMED */
export function readHeader(header: JsonObject): MessageHeader {
  const creationDateText = textIn(header, 'creation_date');
  return {
    sender: institutionIn(header, 'sender'),
    receiver: institutionIn(header, 'receiver'),
    messageId: nameIn(header, 'message_id', 'document.header'),
    creationDate: readTime(creationDateText, 'document.header.creation_date'),
    creationDateText,
  };
}

/**
 * The parameters of an act, when the message asks for that act and no other.
 * @throws Refusal ENVELOPE_MALFORMED, ACTION_UNEXPECTED
 */
export function parametersOf(envelope: Envelope, action: string): JsonObject {
  const found = actionOf(envelope);
  if (found !== action) throw new Refusal('ACTION_UNEXPECTED', { expected: action, found });
  return objectIn(envelope.document.parameters, 'document.parameters');
}

/** `certificate.enrol`, `api_key.renew` ... @throws Refusal ENVELOPE_MALFORMED */
export function actionOf(envelope: Envelope): string {
  const { action } = envelope.document;
  if (typeof action === 'string' && /^[a-z_]{1,40}\.[a-z_]{1,40}$/.test(action)) return action;
  throw malformed('document.action', 'noun.verb');
}

/** @throws Refusal SENDER_NOT_THE_CALLER, RECEIVER_NOT_THIS_NODE */
export function checkAddress<E extends Pick<Envelope, 'header'>>(
  envelope: E,
  parties: { readonly sender: Institution; readonly receiver: Institution },
): Addressed<E> {
  const { sender, receiver } = envelope.header;
  if (!sameInstitution(sender, parties.sender)) {
    throw new Refusal('SENDER_NOT_THE_CALLER', { parameter: 'document.header.sender', found: sender.finId });
  }
  if (!sameInstitution(receiver, parties.receiver)) {
    throw new Refusal('RECEIVER_NOT_THIS_NODE', {
      parameter: 'document.header.receiver',
      expected: parties.receiver.finId,
      found: receiver.finId,
    });
  }
  return envelope as Addressed<E>;
}

/**
 * At most 10 minutes ahead and 24 hours old, between nodes 7 days (S4). A message_id that is already recorded
 * is answered at any age: look it up before.
 * @throws Refusal MESSAGE_FROM_THE_FUTURE, MESSAGE_TOO_OLD
 */
export function checkAge(header: MessageHeader, now: Date, from: 'participant' | 'node'): TimelyHeader {
  const age = now.getTime() - header.creationDate.getTime();
  const detail = { parameter: 'document.header.creation_date', found: header.creationDateText };
  if (age < -messagePolicy.ahead) throw new Refusal('MESSAGE_FROM_THE_FUTURE', detail);
  if (age > messagePolicy.oldest[from]) throw new Refusal('MESSAGE_TOO_OLD', detail);
  return header as TimelyHeader;
}

function sameInstitution(one: Institution, other: Institution): boolean {
  return one.finId === other.finId && one.finIdSchema === other.finIdSchema;
}

/** The bytes of a message: compact, in the order of the published clients. `content` is what follows the header. */
export function writeEnvelope(
  header: Omit<MessageHeader, 'creationDateText'>,
  content: { readonly action: string; readonly parameters: JsonObject } | JsonObject,
): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      document: {
        header: {
          sender: writeInstitution(header.sender),
          receiver: writeInstitution(header.receiver),
          message_id: header.messageId,
          creation_date: header.creationDate.toISOString(),
        },
        ...content,
      },
    }),
  );
}

/**
 * RFC 3339 date and time with any offset.
 * @throws Refusal ENVELOPE_MALFORMED
 */
export function readTime(text: string, parameter: string): Date {
  if (!timePattern.test(text) || !hasItsDay(text)) throw malformed(parameter, 'an RFC 3339 time with offset');
  return new Date(text);
}

const timePattern =
  /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const lastDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Date.parse turns 30 February into 2 March. */
function hasItsDay(text: string): boolean {
  const digit = (at: number) => text.charCodeAt(at) - 0x30;
  const [month, day] = [digit(5) * 10 + digit(6), digit(8) * 10 + digit(9)];
  const year = Number(text.slice(0, 4));
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = month === 2 && isLeap ? 29 : (lastDays[month - 1] ?? 0);
  return day >= 1 && day <= last;
}

function writeInstitution(institution: Institution): JsonObject {
  return { fin_id: institution.finId, fin_id_schema: institution.finIdSchema };
}

function institutionIn(header: JsonObject, name: string): Institution {
  const path = `document.header.${name}`;
  const institution = objectIn(header[name], path);
  const schema = institution.fin_id_schema;
  const unnamed = schema === undefined || schema === null || schema === '';
  return {
    finId: nameIn(institution, 'fin_id', path),
    finIdSchema: unnamed ? NETWORK_SCHEMA : nameIn(institution, 'fin_id_schema', path),
  };
}

function nameIn(object: JsonObject, name: string, path: string): string {
  const value = object[name];
  if (typeof value === 'string' && NAME.test(value)) return value;
  throw malformed(`${path}.${name}`, '1 to 64 of A-Z a-z 0-9 . _ : -');
}

function textIn(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value === 'string') return value;
  throw malformed(`document.header.${name}`, 'a string');
}

function objectIn(value: Json | undefined, parameter: string): JsonObject {
  if (value && typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
  throw malformed(parameter, 'an object');
}

function malformed(parameter: string, expected: string): Refusal {
  return new Refusal('ENVELOPE_MALFORMED', { parameter, expected });
}
