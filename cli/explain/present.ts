// An explanation for people: the chain, the holder, each check with its reason, and what enrolment would say.

import type { RevocationAnswer } from '../../core/certificate/revocation/answer.ts';
import { columns, printable, type Style } from '../style.ts';
import type { Description } from './describe.ts';
import type { Check, Explanation } from './explain.ts';

export function present(explanation: Explanation, style: Style): string {
  const { certificates, anchor, holder, revocation, checks, verdict } = explanation;
  const parts = certificates.map((certificate) => presentCertificate(certificate, style));
  if (holder) parts.push(`${style.bold('Holder')}\n${columns(holderRows(holder))}`);
  if (anchor?.known_as) {
    parts.push(
      `${style.bold('Root')}\n  known in public repositories as ${printable(anchor.known_as)};\n  compare its SHA-256 with the authority's own publication before you trust it`,
    );
  }
  if (revocation) {
    const rows = revocation.answers.map(
      (answer, at) => [printable(certificates[at]?.subject ?? ''), answerText(answer)] as const,
    );
    const silent = revocation.silent.map(
      ({ source, why }) => [source, style.doubtful(printable(why))] as const,
    );
    parts.push(`${style.bold('Revocation')}\n${columns([...rows, ...silent])}`);
  }
  parts.push(
    `${style.bold('What enrolment would say')}\n${checks.map((check) => checkText(check, style)).join('\n')}`,
  );
  parts.push(verdictText(verdict, explanation.use, style));
  return parts.join('\n\n');
}

/** The same for machines: snake_case, times in RFC 3339. */
export function asJson({ holder, revocation, ...rest }: Explanation): unknown {
  return {
    ...rest,
    ...(holder ? { holder: snakeCase(holder) } : {}),
    ...(revocation
      ? { revocation: { answers: revocation.answers.map(answerJson), silent: revocation.silent } }
      : {}),
  };
}

function answerJson(answer: RevocationAnswer): unknown {
  if (answer.status !== 'unknown') return snakeCase({ ...answer });
  const refusals = answer.refusals.map(({ code, message }) => ({ code, message }));
  return { status: answer.status, trouble: answer.trouble ?? null, refusals };
}

function snakeCase(record: Readonly<Record<string, unknown>>): unknown {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [snake(name), value]));
}

function presentCertificate(certificate: Description, style: Style): string {
  const left = certificate.days_left;
  const validity = certificate.validity === 'valid' ? style.good('valid') : style.bad(certificate.validity);
  const soon = left >= 0 && left <= 30 ? style.doubtful(`, ${left} days left`) : `, ${left} days left`;
  const rows: (readonly [string, string])[] = [
    ['subject', printable(certificate.subject)],
    ['issuer', printable(certificate.issuer)],
    ['serial number', certificate.serial_number],
    [
      'validity',
      `${certificate.not_before} to ${certificate.not_after} (${validity}${left < 0 ? '' : soon})`,
    ],
    ['key, signature', `${certificate.key}, ${certificate.signature_algorithm}`],
    ['x5t#S256', certificate.thumbprint],
    ['SHA-256', certificate.sha256],
    ...listed('policies', certificate.policies),
    ...listed('purposes', certificate.purposes),
    ...listed('CRL', certificate.crl),
    ...listed('OCSP', certificate.ocsp),
  ];
  if (certificate.role !== 'root' && certificate.crl.length + certificate.ocsp.length === 0) {
    rows.push(['CRL, OCSP', style.doubtful('no pointer: the PSC profile must name a source')]);
  }
  return `${style.bold(certificate.role)}\n${columns(rows)}`;
}

function listed(name: string, values: readonly string[]): (readonly [string, string])[] {
  return values.map((value, at) => [at === 0 ? name : '', printable(value)] as const);
}

function holderRows(holder: Readonly<Record<string, unknown>>): (readonly [string, string])[] {
  return Object.entries(holder).flatMap(([name, value]) => {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return [[name, printable(text)] as const];
  });
}

function answerText(answer: RevocationAnswer): string {
  if (answer.status === 'unknown') {
    const why = answer.refusals.map(({ code }) => code).join(', ');
    return `unknown (${answer.trouble ?? 'the responder does not know it'}${why ? `: ${why}` : ''})`;
  }
  const until = answer.nextUpdate ? `, next update ${answer.nextUpdate.toISOString()}` : '';
  const from = `${answer.sources.join(', ')}, of ${answer.thisUpdate.toISOString()}${until}`;
  if (answer.status === 'good') return `good by ${from}`;
  return `revoked on ${answer.revocationDate.toISOString()}, ${answer.revocationReason}, by ${from}`;
}

function checkText({ check, outcome, message }: Check, style: Style): string {
  const marks = { GOOD: style.good('yes'), REFUSED: style.bad('NO '), NOT_CHECKED: style.doubtful(' ? ') };
  return `  ${marks[outcome]}  ${check.padEnd(10)}  ${printable(message)}`;
}

function verdictText({ outcome, code }: Explanation['verdict'], use: string, style: Style): string {
  const rest = 'possession of the key, that the holder is an apoderado of the participant, and people';
  if (outcome === 'REFUSED') return style.bad(`Enrolment for ${use} would be refused: ${code ?? ''}`);
  if (outcome === 'UNDECIDED')
    return style.doubtful(`Nothing speaks against enrolment for ${use}; not all was checked.`);
  return style.good(`Enrolment for ${use} would admit it, and then ask for ${rest}.`);
}
