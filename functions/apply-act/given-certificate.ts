// Is the node's certificate that stands in an act itself a good one? Two people vouch for whose it is; its path, its
// use and that nobody revoked it are proved all the same. What a workflow brought is proved in node-certificate-acts.ts.

import { checkLeafFor } from '../../core/certificate/leaf.ts';
import { validatePath } from '../../core/certificate/path.ts';
import { keyThumbprintOf, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';
import type { ActParameters } from '../../core/people/act-parameters.ts';
import { watchOf } from '../../core/sweep/watch.ts';
import { type ApplyActPorts, requireNotRevoked } from './applying.ts';

/**
 * @param given its chain in base64, leaf first, and the thumbprint that people compared
 * @throws Refusal ACT_PARAMETERS_INVALID, CERTIFICATE_REVOKED and those of a path and a leaf
 */
export async function proveGiven(
  ports: Pick<ApplyActPorts, 'trust' | 'sourcesOf' | 'statuses'>,
  given: Pick<ActParameters['peer.pin'], 'certificate_chain' | 'certificate_thumbprint'>,
  of: { readonly finId: string; readonly enrolmentId: string; readonly now: Date },
) {
  const chain = given.certificate_chain.map((text) => Buffer.from(text, 'base64'));
  const { anchors, profiles } = await ports.trust.inForce();
  const path = validatePath({ chain, anchors, now: of.now, policy: {} });
  checkLeafFor('signing', path.leaf);
  const thumbprint = thumbprintOf(path.leaf.der);
  if (thumbprint !== given.certificate_thumbprint)
    throw invalid('certificate_thumbprint', `the thumbprint of the chain's leaf, ${thumbprint}`);
  await requireNotRevoked(ports, thumbprint);
  const status: CertificateStatus = {
    thumbprint,
    keyThumbprint: keyThumbprintOf(path.leaf.spki),
    participant: of.finId,
    enrolmentId: of.enrolmentId,
    use: 'signing',
    networkStatus: 'active',
    validity: 'valid',
    notAfter: path.leaf.notAfter,
    acceptingOperators: [],
    sources: ports.sourcesOf(path, profiles),
    anchor: thumbprintOf(path.anchor.certificate.der),
    activatedAt: of.now,
    ...(path.anchor.pscProfile && { pscProfile: path.anchor.pscProfile }),
  };
  return {
    noun: 'certificate' as const,
    status,
    path: path.path.map(({ der }) => der),
    watch: watchOf(path, profiles.get(path.anchor.pscProfile ?? '')),
  };
}

export function invalid(parameter: string, expected: string): Refusal {
  return new Refusal('ACT_PARAMETERS_INVALID', { parameter, expected });
}
