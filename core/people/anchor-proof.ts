// Did a node operator sign off exactly this anchor manifest? The proof is their vote on the act `anchors.change`
// whose parameters name the manifest's hash (S24). Whether two of them did is anchors.ts's question.

import type { KeyObject } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { type Act, actHash } from './act.ts';
import type { Person } from './person.ts';
import { type Proof, verifyProof } from './proof.ts';
import type { ActVoteStatement } from './statement.ts';

/** As it stands in the manifest's file. */
export interface AnchorProof {
  readonly act_id: string;
  readonly reason: string;
  readonly proof: Proof<ActVoteStatement>;
}

export interface AnchorProofGround {
  readonly factorPublicKey: KeyObject;
  /** By personId: whose sealed record says nodeOperator, those who have left since included. */
  readonly nodeOperators: ReadonlyMap<string, Pick<Person, 'passkeys'>>;
}

/** @throws Refusal PROOF_*, PERSON_WRONG_OFFICE */
export function checkAnchorProof(
  proof: unknown,
  manifestHash: Uint8Array,
  ground: AnchorProofGround,
): { readonly personId: string } {
  const given = proof as Partial<AnchorProof> | null;
  const personId = given?.proof?.personId;
  if (typeof given?.act_id !== 'string' || typeof given.reason !== 'string' || typeof personId !== 'string')
    throw new Refusal('PROOF_MALFORMED');
  const operator = ground.nodeOperators.get(personId);
  if (!operator) throw new Refusal('PERSON_WRONG_OFFICE');
  const act: Pick<Act<'anchors.change'>, 'actId' | 'kind' | 'parameters' | 'reason'> = {
    actId: given.act_id,
    kind: 'anchors.change',
    parameters: { manifest_sha256: Buffer.from(manifestHash).toString('base64url') },
    reason: given.reason,
  };
  verifyProof<ActVoteStatement>(given.proof!, {
    factorPublicKey: ground.factorPublicKey,
    personId,
    passkeys: operator.passkeys,
    votedAt: new Date(given.proof!.at),
    statement: { type: 'apodera/act-vote/v1', act_hash: actHash(act), vote: 'confirm', person: personId },
  });
  return { personId };
}

/** Who is said to have signed off: read before anything is verified, to load their records. */
export function claimedSigners(file: Uint8Array): readonly string[] {
  try {
    const { proofs } = JSON.parse(Buffer.from(file).toString('utf8')) as { proofs: string };
    const list = JSON.parse(Buffer.from(proofs, 'base64url').toString('utf8')) as readonly AnchorProof[];
    return list.map((one) => one.proof.personId).filter((id) => typeof id === 'string');
  } catch {
    return [];
  }
}
