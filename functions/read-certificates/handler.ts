// Wires the GETs of certificates, enrolments and status: one function, so that reading stays warm and small.

import { readConfig } from '../../adapters/config.ts';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { lateUses } from '../../adapters/dynamodb/late-uses.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import {
  certificateAnswer,
  certificateDetail,
  enrolmentAnswer,
  signingCertificatesAnswer,
} from '../../adapters/http/enrolment.ts';
import type { ApiRequest } from '../../adapters/http/request.ts';
import type { Answer } from '../../adapters/http/response.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import type { Refusal } from '../../core/errors.ts';
import {
  listCertificates,
  readCertificate,
  readEnrolment,
  requireOwnOperator,
  signingCertificatesOf,
} from './read-certificates.ts';

const { nodeFinId } = readConfig(['nodeFinId']);
const parts = nodeParts('read-certificates', { seals: false, queueUrls: {} });
const ports = {
  clock: parts.clock,
  enrolments: enrolmentStore(parts),
  statuses: statusStore(parts.table, parts.sealer),
  parties: parties(parts.table, parts.sealer),
  lateUses: lateUses(parts.table, parts.announce),
};

const routes: Readonly<Record<string, (request: ApiRequest) => Promise<object>>> = {
  async '/v1/certificates'(request) {
    const [cursor, limit, networkStatus] = ['cursor', 'limit', 'network_status'].map((name) =>
      request.query(name),
    );
    const query = { cursor, limit, networkStatus };
    const {
      items,
      cursor: next,
      warnings,
      suspended,
    } = await listCertificates(ports, request.caller().participant, query);
    return { certificates: items.map(certificateAnswer), suspended, warnings, next_cursor: next ?? null };
  },
  async '/v1/certificates/{thumbprint}'(request) {
    const thumbprint = request.pathParameters.thumbprint ?? '';
    return certificateDetail(await readCertificate(ports, request.caller().participant, thumbprint));
  },
  async '/v1/enrolments/{enrolment_id}'(request) {
    const id = request.pathParameters.enrolment_id ?? '';
    const { enrolment, rows } = await readEnrolment(ports, request.caller().participant, id);
    return enrolmentAnswer(enrolment, rows);
  },
  async '/v1/network/certificates'() {
    return signingCertificatesAnswer(nodeFinId, await signingCertificatesOf(ports, nodeFinId));
  },
  async '/v1/payout-operators/{fin_id}/certificates'(request) {
    const finId = request.pathParameters.fin_id ?? '';
    await requireOwnOperator(ports, request.caller().participant, finId);
    return signingCertificatesAnswer(finId, await signingCertificatesOf(ports, finId));
  },
  async '/v1/status'() {
    return { status: 'OK', at: parts.clock.now().toISOString() };
  },
};

/** Here the certificate is what is asked for, not what proves the asking. */
const problem = ({ code }: Refusal) => (code === 'CERTIFICATE_UNKNOWN' ? { status: 404 } : {});

export const handler = apiDoor({ ...parts, problem }, async (request): Promise<Answer> => {
  const route = routes[request.route];
  if (!route) throw new Error(`the gateway sent a route that is not read here: ${request.route}`);
  return { status: 200, body: await route(request) };
});
