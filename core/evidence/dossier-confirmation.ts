// Who confirmed an enrolment with their own second factor, and to what exactly did they agree? Each proof is held
// against the record of its vote, and the signature of the node's factor key over the statement.

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { Refusal } from '../errors.ts';
import { isAssertion, type Passkey, verifyAssertion } from '../people/passkey.ts';
import { type PasskeyProof, type Proof, proofBytes, proofDigest } from '../people/proof.ts';
import { type ConfirmationStatement, parseStatement, statementHash } from '../people/statement.ts';
import type { Dossier, DossierEnrolment, DossierPasskey } from './dossier.ts';
import type { DossierCheck } from './dossier-check.ts';
import { differs, type ProvedRecord } from './dossier-records.ts';
import { headWords, timeOf } from './dossier-words.ts';

/** Every vote with its proof, every proof with its vote. @throws Refusal */
export function confirmationProved(
  check: DossierCheck,
  dossier: Dossier,
  enrolment: DossierEnrolment,
  thumbprint: string,
): void {
  const { enrolment_id: enrolmentId } = enrolment;
  const votes = check.recordsOf('confirmation.voted', { enrolmentId });
  for (const asked of check.recordsOf('confirmation.asked', { enrolmentId }))
    check.say(
      dossier.node,
      `recorded at ${timeOf(asked.at)} that it asked for confirmation (${asked.subjects.decisionId}); ${headWords(asked.head)}.`,
    );
  const told = new Set<ProvedRecord>();
  for (const [place, one] of enrolment.proofs.entries()) {
    const proof = readProof(one, `proofs[${place}]`);
    const vote = votes.find(
      ({ facts, actor }) => facts.proof === proofDigest(proof) && actor.personId === proof.personId,
    );
    if (!vote)
      throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `records of the vote of ${proof.personId}` });
    told.add(vote);
    proofProved(check, dossier, { proof, vote, passkeys: enrolment.passkeys }, { enrolmentId, thumbprint });
  }
  const used = new Set(
    enrolment.proofs.map((one) => (one as unknown as PasskeyProof).assertion?.credentialId),
  );
  if (enrolment.passkeys.some(({ credential_id }) => !used.has(credential_id)))
    throw new Refusal('DOSSIER_SURPLUS', { parameter: 'passkeys' });
  const missing = votes.find((vote) => !told.has(vote));
  if (missing)
    throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `proof of the person ${missing.actor.personId}` });
}

/** Nothing beside what the digest covers. */
function readProof(value: Json, parameter: string): Proof<ConfirmationStatement> {
  const { method, personId, at, signature, statement, assertion } = (value ??
    {}) as unknown as PasskeyProof<ConfirmationStatement>;
  const proof = { method, personId, at, signature, statement, ...(assertion && { assertion }) };
  const whole = parseStatement(statement)?.type === 'apodera/confirmation/v1';
  const factors: readonly unknown[] = assertion && isAssertion(assertion) ? ['passkey'] : ['password+totp'];
  const spelled =
    typeof signature === 'string' && Buffer.from(signature, 'base64url').toString('base64url') === signature;
  if (
    !whole ||
    !spelled ||
    !factors.includes(method) ||
    canonicalJson(proof as unknown as Json) !== canonicalJson(value)
  )
    throw new Refusal('DOSSIER_UNREADABLE', { parameter });
  return proof as Proof<ConfirmationStatement>;
}

/** The person's own device signed the statement's hash. @throws Refusal PASSKEY_* */
function assertionProved({ assertion, statement }: PasskeyProof, passkeys: readonly DossierPasskey[]): void {
  const named = passkeys.find(({ credential_id }) => credential_id === assertion.credentialId);
  if (!named) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `passkey ${assertion.credentialId}` });
  const spki = Buffer.from(named.public_key, 'base64');
  const passkey: Passkey = {
    credentialId: named.credential_id,
    publicKey: spki.toString('base64url'),
    algorithm: algorithms[publicKeyOf(spki, 'passkeys').asymmetricKeyType ?? ''] ?? -7,
    rpId: named.rp_id,
    addedAt: new Date(0),
    endedAt: null,
  };
  verifyAssertion(assertion, passkey, statementHash(statement));
}

interface ProofToProve {
  readonly proof: Proof<ConfirmationStatement>;
  readonly vote: ProvedRecord;
  readonly passkeys: readonly DossierPasskey[];
}

function proofProved(
  check: DossierCheck,
  dossier: Dossier,
  { proof, vote, passkeys }: ProofToProve,
  about: { readonly enrolmentId: string; readonly thumbprint: string },
): void {
  const { statement, personId } = proof;
  if (statement.enrolment_id !== about.enrolmentId)
    throw differs('proof', about.enrolmentId, statement.enrolment_id);
  if (statement.thumbprint !== about.thumbprint)
    throw differs('proof', about.thumbprint, statement.thumbprint);
  const key = dossier.factor_key;
  if (key === null) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: 'factor_key' });
  check.need('factor_key');
  const factorKey = publicKeyOf(Buffer.from(key, 'base64'), 'factor_key');
  if (!verify('sha256', proofBytes(proof), factorKey, Buffer.from(proof.signature, 'base64url')))
    throw new Refusal('PROOF_SIGNATURE_WRONG');
  if (proof.method === 'passkey') assertionProved(proof, passkeys);
  const did = statement.action === 'enrolment.confirm' ? 'confirmed' : 'rejected';
  const office = statement.task_id.split('/')[0]?.split('.').at(-1);
  check.say(
    dossier.node,
    `recorded at ${timeOf(vote.at)} that the person ${personId} (${office}) ${did} this certificate, issued by ` +
      `${JSON.stringify(statement.psc)}, ${factorWords(proof)}, ${headWords(vote.head)}.`,
  );
}

const factorWords = ({ method }: Proof) =>
  method === 'passkey'
    ? 'with a passkey, whose own signature stands over that statement; its factor key signed when'
    : 'with password and authenticator; its factor key signed that statement';

/** OpenSSL reads more than one spelling of a key: only the one that it writes counts. */
function publicKeyOf(spki: Buffer, parameter: string): KeyObject {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  if (!key.export({ type: 'spki', format: 'der' }).equals(spki))
    throw new Refusal('DOSSIER_UNREADABLE', { parameter });
  return key;
}

/** COSE names of the algorithm that a key of that type signs with: the key alone says which. */
const algorithms: Readonly<Record<string, Passkey['algorithm']>> = { ed25519: -8, rsa: -257 };
