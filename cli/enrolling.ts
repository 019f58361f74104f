// How is a certificate enrolled from the command line, and followed until people have decided? The bytes are made first
// and sent afterwards, so that they can be kept and sent again as they are.

import { createHash, randomUUID } from 'node:crypto';
import { findLeaf } from '../core/certificate/bundle.ts';
import type { ParsedCertificate } from '../core/certificate/certificate.ts';
import { parseCertificate } from '../core/certificate/parse.ts';
import { type Thumbprint, thumbprintOf } from '../core/certificate/thumbprint.ts';
import { Transient } from '../core/errors.ts';
import { confirmationCode } from '../core/message/code.ts';
import { writeEnvelope } from '../core/message/envelope.ts';
import { parametersDigest, possessionStatement } from '../core/message/possession.ts';
import type { Call, Option, Outcome } from './command.ts';
import { laterRows, movedRows, type OperatorJson, type Row, stepRows } from './enrolment-steps.ts';
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts';
import type { PrivateKey } from './keys/private-key.ts';
import type { NodeApi } from './node-api.ts';
import { columns } from './style.ts';

export const watchOptions: Record<string, Option> = {
  seconds: { type: 'string', value: '<n>', help: 'how long to wait for a decision; 600 by default' },
};

export const pathOf = (id: string) => `/v1/enrolments/${encodeURIComponent(id)}`;

export interface EnrolAsked {
  /** DER, any order. */
  readonly chain: readonly Uint8Array[];
  readonly use: 'signing' | 'transport';
  readonly reason: string;
  readonly replaces?: string;
}

export interface EnrolRequest {
  readonly body: Uint8Array;
  readonly thumbprint: Thumbprint;
  readonly messageId: string;
}

/** @throws UsageError where the key is another's */
export async function enrolRequest(api: NodeApi, asked: EnrolAsked, key: PrivateKey): Promise<EnrolRequest> {
  const leaf = findLeaf(asked.chain.map(parseCertificate));
  if (!sameKey(key.spki, leaf))
    throw new UsageError('the private key does not belong to the leaf of this chain');
  const header = headerFor(api);
  const { messageId } = header;
  const thumbprint = thumbprintOf(leaf.der);
  const parameters = { ...asked, chain: asked.chain.map((der) => Buffer.from(der).toString('base64')) };
  const statement = possessionStatement({
    thumbprint,
    sender: api.participant,
    receiver: api.network,
    messageId,
    creationDate: header.creationDate.toISOString(),
    parametersSha256: parametersDigest(parameters),
  });
  const proof = { alg: key.possessionAlgorithm, signature: await key.signPossession(statement) };
  const body = writeEnvelope(header, {
    action: 'certificate.enrol',
    parameters: { ...parameters, proof_of_possession: proof },
  });
  return { body, thumbprint, messageId };
}

export async function sendEnrolment(
  api: NodeApi,
  { body, signature, thumbprint, messageId }: EnrolRequest & { readonly signature: string | undefined },
): Promise<Record<string, unknown>> {
  const answer = await api.post('/v1/certificates', body, signature);
  requireOwnCode(answer, thumbprint, messageId);
  return answer;
}

/**
 * S18: the code comes from what was sent and the id that the network chose. A network that shows another one may be
 * leading people to confirm somebody else's certificate.
 */
function requireOwnCode(answer: Record<string, unknown>, thumbprint: Thumbprint, messageId: string): void {
  const told = answer.confirmation_code;
  if (told === undefined) return;
  const own = confirmationCode({ thumbprint, messageId, enrolmentId: String(answer.enrolment_id) });
  if (told !== own)
    throw new Error(
      `the network shows another confirmation code (${told}) than this certificate has (${own}): give people none, and ask the network why`,
    );
}

export function headerFor(api: NodeApi) {
  const schema = 'SHINKANSEN';
  return {
    sender: { finId: api.participant, finIdSchema: schema },
    receiver: { finId: api.network, finIdSchema: schema },
    messageId: randomUUID(),
    creationDate: new Date(),
  };
}

function sameKey(spki: Uint8Array, leaf: ParsedCertificate): boolean {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  return digest(spki) === digest(leaf.spki);
}

const pollMs = 1_000;
const waiting =
  'Waiting for the people who confirm: give them the confirmation code. Ctrl-C ends the waiting, not the enrolment.';

export async function watchEnrolment(call: Call, api: NodeApi, id: string): Promise<Outcome> {
  const seconds = Number(call.text('seconds') ?? '600');
  if (!Number.isInteger(seconds) || seconds < 1) throw new UsageError('"--seconds": expected a whole number');
  const end = performance.now() + seconds * 1000;
  const isOver = () => performance.now() >= end;
  let [before, silent]: [readonly Row[] | undefined, boolean] = [undefined, false];
  for (; ; await new Promise((resolve) => setTimeout(resolve, pollMs))) {
    const answer = await api.get(pathOf(id)).catch((error: unknown) => {
      // Whoever has waited for hours goes on waiting when one answer does not come.
      if (!(error instanceof Transient) || !before || isOver()) throw error;
      if (!silent) call.terminal.err('The node does not answer just now; still waiting.\n');
    });
    silent = !answer;
    if (!answer) continue;
    if (answer.network_status !== 'pending' || isOver()) return outcomeOf(answer);
    const steps = stepRows(answer);
    // Whoever waits has to hand the confirmation code to the people who decide.
    if (!before) call.terminal.err(`${outcomeOf(answer).text}\n${waiting}\n`);
    else for (const row of movedRows(before, steps)) call.terminal.err(`${columns([row])}\n`);
    before = steps;
  }
}

export function outcomeOf(answer: Record<string, unknown>): Outcome {
  const rows: Row[] = [
    ['enrolment', String(answer.enrolment_id)],
    ['state', `${answer.network_status}, ${answer.validity}`],
    ['certificate', String(answer.thumbprint)],
    // The pages show people the same digest in hexadecimal, in groups of eight.
    ['its SHA-256', hexOf(String(answer.thumbprint))],
    ['issued by', String(answer.psc)],
  ];
  if (answer.code) rows.push(['because', `${answer.code}: ${answer.message}`]);
  if (answer.confirmation_code) rows.push(['confirmation code', String(answer.confirmation_code)]);
  for (const warning of (answer.warnings as string[] | undefined) ?? []) rows.push(['warning', warning]);
  for (const { source, code } of (answer.unheard as
    | readonly { source: string; code: string }[]
    | undefined) ?? [])
    rows.push(['not heard', `${source}  ${code}`]);
  rows.push(...stepRows(answer), ...laterRows(answer));
  for (const one of answer.operators as readonly OperatorJson[])
    rows.push([one.fin_id, one.code ? `${one.status} (${one.code})` : one.status]);
  return { json: answer, text: columns(rows), exitCode: exitCodeOf(String(answer.network_status)) };
}

const hexOf = (thumbprint: string): string =>
  Buffer.from(thumbprint, 'base64url')
    .toString('hex')
    .match(/.{1,8}/g)
    ?.join(' ') ?? '';

function exitCodeOf(state: string): ExitCode {
  if (state === 'active') return exitCodes.DONE;
  return state === 'pending' ? exitCodes.PENDING : exitCodes.REFUSED;
}
