// May this request go on to its function, and who sent it? The edge's MAC, then the API key, then, where the
// participant asks for it, its enrolled transport certificate. Signatures and suspension are the handlers' matter.
// Nothing here is cached: a key that ended a second ago is refused.

import { type ApiKeyDigest, type ApiKeyRecord, checkApiKey, digestOfApiKey } from '../../core/api-key.ts';
import { type EdgeKey, type ReceivedRequest, verifyEdge } from '../../core/edge-identity.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';

export interface AuthorizePorts {
  readonly edgeKeys: () => Promise<readonly EdgeKey[]>;
  readonly findKey: (digest: ApiKeyDigest) => Promise<ApiKeyRecord | undefined>;
  /** Whether this participant's setting is mTLS; its sealed profile says it. */
  readonly asksForCertificate: (participant: string) => Promise<boolean>;
  /** @throws Refusal where it is not an active transport certificate of this participant. */
  readonly requireTransport: (thumbprint: string, participant: string, now: Date) => Promise<void>;
}

export interface RequestToAuthorize extends ReceivedRequest {
  /** Disabling, withdrawing and enrolling never ask for a client certificate: they fail safe or people decide. */
  readonly certificateExempt: boolean;
}

/** What the function behind learns: strings only, no key and no MAC among them. */
export interface AuthorizedCaller {
  readonly participant: string;
  readonly keyId: string;
  readonly interactionId: string;
  readonly edgeClient: string;
}

/** @throws Refusal EDGE_IDENTITY_*, API_KEY_NOT_VALID, EDGE_CERTIFICATE_REQUIRED, SEAL_BROKEN, CERTIFICATE_* */
export async function authorizeRequest(
  request: RequestToAuthorize,
  ports: AuthorizePorts,
  now: Date,
): Promise<AuthorizedCaller> {
  const edge = verifyEdge(request, await ports.edgeKeys(), now);
  const digest = digestOfApiKey(edge.apiKey);
  const { participant, keyId } = checkApiKey(digest && (await ports.findKey(digest)), now);
  if (!request.certificateExempt && (await ports.asksForCertificate(participant))) {
    if (edge.client === 'none') throw new Refusal('EDGE_CERTIFICATE_REQUIRED');
    await ports.requireTransport(edge.client, participant, now);
  }
  return { participant, keyId, interactionId: edge.interactionId, edgeClient: edge.client };
}

/**
 * The sealed status by the clock. The chain is not proved again here: the edge did it in this connection's handshake.
 * @throws Refusal EDGE_CERTIFICATE_REQUIRED, one code for all
 */
export function checkTransport(
  status: CertificateStatus | undefined,
  participant: string,
  now: Date,
): asserts status is CertificateStatus {
  const counts =
    status?.participant === participant &&
    status.use === 'transport' &&
    status.networkStatus === 'active' &&
    status.validity === 'valid' &&
    now <= status.notAfter &&
    (status.powerUntil === undefined || now <= status.powerUntil);
  if (!counts) throw new Refusal('EDGE_CERTIFICATE_REQUIRED');
}
