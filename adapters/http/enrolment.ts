// How does an enrolment, or a certificate, look to the participant whose it is? The mapping to openapi.yaml.

import type { Unheard } from '../../core/certificate/revocation/answer.ts';
import type { LateUse } from '../../core/disable/late-use.ts';
import { endingSentence } from '../../core/enrolment/admission.ts';
import type {
  CertificateStatus,
  EndingCode,
  Enrolment,
  OperatorAnswer,
} from '../../core/enrolment/enrolment.ts';
import { type RefusalCode, refusals } from '../../core/errors.ts';
import { confirmationCode } from '../../core/message/code.ts';
import type {
  Certificate,
  CertificateDetail,
  Enrolment as EnrolmentAnswer,
  SigningCertificateList,
} from './generated/types.ts';

export function enrolmentAnswer(
  enrolment: Enrolment,
  operators: readonly OperatorAnswer[],
  warnings: readonly string[] = [],
): EnrolmentAnswer {
  const { code } = enrolment;
  return {
    enrolment_id: enrolment.id,
    participant: enrolment.participant,
    thumbprint: enrolment.thumbprint,
    use: enrolment.use,
    reason: enrolment.reason,
    ...(enrolment.replaces && { replaces: enrolment.replaces }),
    ...(enrolment.signedBy && { signed_by: enrolment.signedBy }),
    network_status: enrolment.networkStatus,
    validity: enrolment.validity,
    ...(code && { code, message: sentenceOf(code, enrolment) }),
    ...(enrolment.unheard?.length && { unheard: enrolment.unheard.map(unheardAnswer) }),
    ...(enrolment.retryable && { retryable: true }),
    ...(enrolment.networkStatus === 'pending' && {
      confirmation_code: confirmationCode({ ...enrolment, enrolmentId: enrolment.id }),
    }),
    ...(warnings.length > 0 && { warnings: [...warnings] }),
    psc: enrolment.pscName,
    serial_number: enrolment.serialNumber.toLowerCase(),
    not_before: enrolment.notBefore.toISOString(),
    not_after: enrolment.notAfter.toISOString(),
    created_at: enrolment.createdAt.toISOString(),
    steps: enrolment.steps.map(({ number, outcome, at }) => ({ number, outcome, at: at.toISOString() })),
    operators: operators.map(({ operator, status, code: why, at }) => ({
      fin_id: operator,
      status,
      ...(why && { code: why }),
      at: at.toISOString(),
    })),
  };
}

function sentenceOf(code: EndingCode, { unheard = [] }: Enrolment): string {
  const sentence = endingSentence(code) ?? refusals[code as RefusalCode];
  const why = unheard.map(unheardAnswer).map((one) => `${one.source} (${one.code})`);
  return code === 'REVOCATION_UNAVAILABLE' && why.length > 0
    ? `${sentence} No word from: ${why.join(', ')}.`
    : sentence;
}

/** As a URL is written: a certificate may hold anything. */
function unheardAnswer({ source, code }: Unheard) {
  return { source: URL.canParse(source) ? new URL(source).href : '', code };
}

export function certificateAnswer(status: CertificateStatus): Certificate {
  return {
    thumbprint: status.thumbprint,
    participant: status.participant,
    enrolment_id: status.enrolmentId,
    use: status.use,
    network_status: status.networkStatus,
    validity: status.validity,
    ...(status.code && { code: status.code }),
    not_after: status.notAfter.toISOString(),
    accepting_operators: [...status.acceptingOperators],
    activated_at: status.activatedAt.toISOString(),
    ...(status.disabledAt && { disabled_at: status.disabledAt.toISOString() }),
  };
}

export function certificateDetail(found: {
  readonly status: CertificateStatus;
  readonly chain: readonly Uint8Array[];
  readonly suspended: boolean;
  readonly lateUse?: LateUse;
}): CertificateDetail {
  const { status, chain, suspended, lateUse } = found;
  return {
    ...certificateAnswer(status),
    suspended,
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
    ...(lateUse && {
      used_late: {
        replaced_by: lateUse.replacedBy,
        overlap_ends_at: lateUse.overlapEndsAt.toISOString(),
        last_used_at: lateUse.lastUsedAt.toISOString(),
      },
    }),
  };
}

export function signingCertificatesAnswer(
  finId: string,
  certificates: readonly {
    readonly thumbprint: string;
    readonly der: Uint8Array;
    readonly issuers: readonly Uint8Array[];
    readonly signs: boolean;
    readonly signsFrom: Date;
    readonly notBefore: Date;
    readonly notAfter: Date;
  }[],
): SigningCertificateList {
  return {
    fin_id: finId,
    certificates: certificates.map(({ thumbprint, der, issuers, signs, signsFrom, notBefore, notAfter }) => ({
      thumbprint,
      certificate: Buffer.from(der).toString('base64'),
      issuers: issuers.map((issuer) => Buffer.from(issuer).toString('base64')),
      signs,
      signs_from: signsFrom.toISOString(),
      not_before: notBefore.toISOString(),
      not_after: notAfter.toISOString(),
    })),
  };
}
