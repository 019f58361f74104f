// Two nodes of one participant, a certificate of it in some state at both, and everybody who may want it ended: each
// through their own door, with a proof that is theirs, another's, or none. Messages travel until nothing is left to say.

import { acts } from '../../adapters/dynamodb/acts.ts';
import { isOutboxItem, readEntry } from '../../adapters/dynamodb/outbox.ts';
import {
  disableForwardParameters,
  readDisableForward,
  readSuspend,
  suspendParameters,
} from '../../core/disable/forward.ts';
import { Refusal } from '../../core/errors.ts';
import { verifySender } from '../../core/message/sender.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { actVoteStatement, proposeAct } from '../../core/people/act.ts';
import type { ActKind, ActParameters } from '../../core/people/act-parameters.ts';
import type { Proof } from '../../core/people/proof.ts';
import type { ActVoteStatement } from '../../core/people/statement.ts';
import { voteOnAct } from '../../functions/apply-act/apply-act.ts';
import { type FromNode, receiveDisable } from '../../functions/receive-node-message/receive-disable.ts';
import { receiveSuspension } from '../../functions/receive-node-message/receive-suspension.ts';
import type { Issued } from './certificates.ts';
import { fintech, network, signedBy } from './enrolment.ts';
import { nonce } from './people.ts';
import { password } from './people-world.ts';
import { suspensionStand } from './suspension.ts';
import { sweepStand } from './sweep.ts';

export const parties = ['participant', 'officer', 'apoderado', 'node operators', 'PSC'] as const;
export const states = ['pending', 'active', 'already disabled'] as const;
export const proofs = ['the same key', 'another', 'nothing'] as const;
export type Who = (typeof parties)[number];
export type State = (typeof states)[number];
export type ProofOf = (typeof proofs)[number];
type Role = 'network' | 'payoutOperator';

async function standOf(role: Role) {
  const swept = sweepStand(role);
  const stand = { ...swept, ...(await suspensionStand(role, swept)) };
  await stand.addPerson({ personId: 'OPERATOR2', office: 'nodeOperator', participant: null });
  return stand;
}
type Stand = Awaited<ReturnType<typeof standOf>>;

async function seat(role: Role, state: State, ids?: { target: string; other: string }) {
  const stand = await standOf(role);
  const [target, other] = [stand.listed('target'), stand.listed('other')];
  await stand.active(other, {}, ids?.other);
  if (state === 'pending') await stand.pending(target, 'signing', ids?.target);
  else await stand.active(target, {}, ids?.target);
  if (state === 'already disabled')
    await stand.disable({ thumbprint: target.thumbprint }, { by: other, messageId: `before-${role}` });
  const enrolments = [...stand.items.values()].filter(
    ({ pk, sk }) => pk.startsWith('ENR#') && sk === 'ENROLMENT',
  );
  const idOf = ({ thumbprint }: Issued) =>
    String(enrolments.find((item) => item.thumbprint === thumbprint)!.id);
  const known = { target: idOf(target), other: idOf(other) };
  const before = stand.evidence().length;
  // What the arranging said has been said.
  const heard = new Set(outboxOf(stand).map(({ id }) => id));
  return { stand, target, other, enrolmentId: known.target, before, ids: known, heard };
}

export async function crossing(state: State) {
  const here = await seat('network', state);
  const there = await seat('payoutOperator', state, here.ids);
  return { here, there };
}
export type Crossing = Awaited<ReturnType<typeof crossing>>;

/** @returns what the door answered: `done`, or the code of the refusal */
export async function endedBy(at: Crossing['here'], who: Who, how: ProofOf): Promise<string> {
  try {
    if (who === 'participant') return await disables(at, how);
    if (who === 'PSC') return await revokes(at, how);
    if (who === 'node operators') return await operate(at, how);
    return await suspends(at, who, how);
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

async function disables({ stand, target, other }: Crossing['here'], how: ProofOf): Promise<string> {
  const by = { 'the same key': target, another: other, nothing: undefined }[how];
  const { warnings } = await stand.disable({ thumbprint: target.thumbprint }, by ? { by } : {});
  return ['done', ...warnings].join(' ');
}

/** The list of the PSC: signed by it, by another key, or bytes that nobody signed. */
async function revokes({ stand, target }: Crossing['here'], how: ProofOf): Promise<string> {
  const revoked = [{ leaf: target, reason: 1 }];
  const garbage = Buffer.from('<html>not found</html>');
  const list = { 'the same key': stand.list({ revoked }), another: stand.list({ revoked, forged: true }) };
  stand.says(how === 'nothing' ? garbage : list[how]);
  return (await stand.sweep()).join(' ');
}

/** The first word, and then the other person's. */
async function suspends(
  { stand }: Crossing['here'],
  who: 'officer' | 'apoderado',
  how: ProofOf,
): Promise<string> {
  const [one, two] = who === 'officer' ? ['OFFICER', 'APODERADO'] : ['APODERADO', 'OFFICER'];
  const typed: Record<ProofOf, Record<string, string>> = {
    'the same key': {},
    another: { password, totp: stand.totp(two!) },
    nothing: { password: '', totp: '' },
  };
  const first = await stand.suspendAs(one!, { form: typed[how] });
  if (first.status !== 303) return `page ${first.status}`;
  const second = await stand.say(two!, 'confirm');
  return second.status === 303 ? 'done' : `page ${second.status}`;
}

async function operate({ stand }: Crossing['here'], how: ProofOf): Promise<string> {
  await sign(stand, 'participant.suspend', { participant: fintech.finId }, ['OPERATOR'], how);
  const { id } = (await stand.standing())!;
  const parameters = { participant: fintech.finId, suspension_id: id };
  await sign(stand, 'suspension.confirm', parameters, ['OPERATOR', 'OPERATOR2'], how);
  return 'done';
}

async function sign<K extends ActKind>(
  stand: Stand,
  kind: K,
  parameters: ActParameters[K],
  signers: readonly string[],
  how: ProofOf,
): Promise<void> {
  const store = acts(stand.table, async () => {});
  const factorPublicKey = async () => stand.factorSigner.publicKey;
  const ports = { ...stand.following, acts: store, factorPublicKey } as never;
  const actId = stand.ports.ids.next();
  const act = proposeAct(
    { actId, kind, parameters, reason: 'por teléfono', proposedBy: 'OPERATOR' },
    stand.clock.now(),
  );
  await store.propose(act, { evidence: [], outbox: [] });
  for (const personId of signers) {
    const proof = await proofBy(stand, act, personId, how);
    await voteOnAct(ports, { actId, personId, vote: 'confirm', proof });
  }
}

async function proofBy(stand: Stand, act: ReturnType<typeof proposeAct>, signer: string, how: ProofOf) {
  const personId = how === 'another' ? 'OFFICER' : signer;
  const statement: ActVoteStatement = { ...actVoteStatement(act, personId, 'confirm'), nonce: nonce() };
  const attempt = { method: 'password+totp' as const, password, totp: stand.totp(personId) };
  const proof = await stand.secondFactor.prove({ personId, statement, attempt, source: 's' });
  return how === 'nothing' ? ({ ...proof, signature: '' } as Proof) : proof;
}

/** Until nobody has anything left to say or to do. */
export async function settle({ here, there }: Crossing): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const said = (await hear(here, there)) + (await hear(there, here));
    if (said === 0) return;
  }
  throw new Error('the nodes never stop talking');
}

async function hear(from: Crossing['here'], to: Crossing['here']): Promise<number> {
  const fresh = outboxOf(from.stand).filter(({ id }) => !from.heard.has(id));
  for (const entry of fresh) {
    from.heard.add(entry.id);
    if (entry.kind === 'suspension.carryOut') await from.stand.follow('CONFIRMED', entry.refs.suspensionId!);
    else await carry(entry, from.stand, to.stand);
  }
  return fresh.length;
}

async function carry(entry: OutboxEntry, from: Stand, to: Stand): Promise<void> {
  const said: FromNode = {
    from: from.serving.role === 'network' ? network : { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' },
    apiKeyId: 'KN',
    messageId: entry.id,
    message: { bytes: Buffer.from(entry.id), signature: 'a..b' },
  };
  const record = entry.refs.disableId ? await from.disables.find(entry.refs.disableId) : undefined;
  if (entry.kind === 'disable.start') {
    const ports = { ...to.ports, enrolments: to.enrolments };
    await receiveDisable(ports, readDisableForward(disableForwardParameters(record!, undefined)), said);
  }
  if (entry.kind === 'participant.suspend')
    await receiveSuspension(
      to.serving,
      readSuspend(suspendParameters({ ...record!, confirmed: false })),
      said,
    );
  if (entry.kind === 'suspension.confirm') {
    const { participant, reason } = (await from.standing())!;
    await receiveSuspension(to.serving, { participant, reason, confirmed: true }, said);
  }
}

function outboxOf(stand: Pick<Stand, 'items'>): OutboxEntry[] {
  return [...stand.items.values()].filter(isOutboxItem).map(readEntry);
}

/** How it stands there: state, code and validity; whether the participant is frozen; whether its word is taken. */
export async function seen({ stand, target, enrolmentId }: Crossing['here']): Promise<string> {
  const enrolment = (await stand.enrolments.find(enrolmentId))!;
  const status = await stand.ports.statuses.status(target.thumbprint);
  const { networkStatus, validity } = status ?? enrolment;
  const standing = await stand.standing();
  const flag = standing ? [standing.state === 'confirmed' ? 'ended' : 'frozen'] : [];
  const code = networkStatus === 'active' || networkStatus === 'pending' ? [] : [enrolment.code ?? 'none'];
  return [networkStatus, validity, ...code, ...flag, await taken(stand, target)].join(', ');
}

/** Is a message that it signs now taken by this node? */
async function taken(stand: Stand, target: Issued): Promise<string> {
  if (await stand.disables.suspended(fintech.finId)) return 'not taken';
  const body = Buffer.from(`{"at":"${stand.clock.now().toISOString()}"}`);
  const message = { body, signature: await signedBy(target, body) };
  try {
    await verifySender(stand.ports, message, { participant: fintech.finId, now: stand.clock.now() });
    return 'TAKEN';
  } catch (error) {
    if (error instanceof Refusal) return 'not taken';
    throw error;
  }
}

/** Kinds of what was recorded since the arranging, each once, in order. */
export function recorded({ stand, before }: Crossing['here']): string {
  const kinds = stand.evidence().slice(before);
  return [...new Set(kinds.map(({ kind }) => kind))].join(' ') || '-';
}
