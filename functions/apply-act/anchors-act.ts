// What does the act about trust anchors change? The manifest that two operators signed off by its hash gets their
// proofs and the node's signature, and is opened as every reader will open it before anything is written (S24).

import type { TrustAnchor } from '../../core/certificate/anchor.ts';
import { manifestHash, openManifest, sealManifest } from '../../core/certificate/anchors.ts';
import { type Thumbprint, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Refusal } from '../../core/errors.ts';
import type { Act } from '../../core/people/act.ts';
import type { ActParameters } from '../../core/people/act-parameters.ts';
import { type AnchorProof, checkAnchorProof } from '../../core/people/anchor-proof.ts';
import { type ActContext, type Applied, type ApplyActPorts, nothing } from './applying.ts';
import { endCertificatesUnder } from './end-certificates.ts';

export async function changeAnchors(
  ports: ApplyActPorts,
  { manifest_sha256: sha256 }: ActParameters['anchors.change'],
  context: ActContext,
): Promise<Applied> {
  const { act, signers } = context;
  const body = await ports.anchors.proposed(sha256);
  if (!body || Buffer.from(manifestHash(body)).toString('base64url') !== sha256)
    throw new Refusal('ACT_PARAMETERS_INVALID', {
      parameter: 'manifest_sha256',
      expected: 'a manifest that was proposed',
    });
  const file = await sealManifest(body, proofsOf(act), ports.anchors.signer);
  const factorPublicKey = await ports.factorPublicKey();
  const operators = await Promise.all(signers.map((id) => ports.people.person(id)));
  const nodeOperators = new Map(operators.flatMap((each) => (each ? [[each.personId, each] as const] : [])));
  const opened = openManifest(
    file,
    {
      stage: ports.stage,
      keys: new Map([[ports.anchors.signer.keyId, await ports.anchors.publicKey()]]),
      checkProof: (proof, hash) => checkAnchorProof(proof, hash, { factorPublicKey, nodeOperators }),
    },
    (await ports.anchors.leastVersion()) + 1,
  );
  await endCertificatesUnder(ports, await removedBy(ports, opened.trustAnchors), context);
  // The file first: it is complete and signed off; the sealed version then puts the older one out of force.
  await ports.anchors.publish(file);
  return {
    ...nothing,
    grants: [{ noun: 'leastAnchors', version: opened.version }],
    subjects: { anchorsVersion: String(opened.version) },
  };
}

/** Anchors in force that the new manifest does not have, or whose profile it disables. */
async function removedBy({ trust }: ApplyActPorts, next: readonly TrustAnchor[]): Promise<Set<Thumbprint>> {
  const thumbprintsOf = (anchors: readonly TrustAnchor[]) =>
    anchors.map(({ certificate }) => thumbprintOf(certificate.der));
  const kept = new Set(thumbprintsOf(next));
  const current = await trust.inForce().catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'ANCHORS_MISSING') return undefined;
    throw error;
  });
  return new Set(thumbprintsOf(current?.anchors ?? []).filter((thumbprint) => !kept.has(thumbprint)));
}

function proofsOf(act: Act): AnchorProof[] {
  return act.votes
    .filter(({ vote }) => vote === 'confirm')
    .map(({ proof }) => ({ act_id: act.actId, reason: act.reason, proof }));
}
