// Which codes may an answer carry, and with which status? A page for who writes a client, made of the rules' own
// sentences, so that it cannot fall behind them.

import { statusOfRefusal } from '../adapters/http/problem.ts';
import { holderRefusals } from '../core/certificate/holder/refusals.ts';
import { certificateRefusals } from '../core/certificate/refusals.ts';
import { revocationRefusals } from '../core/certificate/revocation/refusals.ts';
import { disableRefusals } from '../core/disable/refusals.ts';
import { enrolmentRefusals } from '../core/enrolment/refusals.ts';
import type { RefusalCode } from '../core/errors.ts';
import { evidenceRefusals } from '../core/evidence/refusals.ts';
import { messageRefusals } from '../core/message/refusals.ts';
import { payoutRefusals } from '../core/payout/refusals.ts';
import { peopleRefusals } from '../core/people/refusals.ts';
import { suspensionRefusals } from '../core/suspension/refusals.ts';
import { gatewayAnswers } from './gateway-responses.ts';

const head = `<!-- By \`npm run generate\`, from core/**/refusals.ts and openapi/gateway-responses.ts. -->

# What a refusal says

Every code with its sentence; \`detail\` adds parameter, expected and found. Codes are stable. The status is that of the machines' door; \`POST /v1/messages/payouts\` answers 400 to all that is wrong with a message, as published clients expect. An enrolment that was recorded as rejected, and a payout that was refused later, carry the code in their own record. \`BUSY\` (503, with \`Retry-After\`) and \`FAULT\` (500) are no refusals: the first passes by itself, the second is a defect of the node. How else an enrolment ends: [enrolment](../../docs/enrolment.md#how-it-can-end).
`;

const atTheDoor = {
  'Messages, access': messageRefusals,
  Enrolment: enrolmentRefusals,
  Certificates: certificateRefusals,
  'Who a certificate names': holderRefusals,
  Revocation: revocationRefusals,
  Disabling: disableRefusals,
  Payouts: payoutRefusals,
};
const elsewhere = {
  People: peopleRefusals,
  Suspension: suspensionRefusals,
  Evidence: evidenceRefusals,
};

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = (columns: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(columns), row(columns.map(() => '---')), ...rows.map(row)].join('\n');

/** openapi/generated/refusals.md. */
export function refusalsPage(): string {
  const sections = Object.entries(atTheDoor).map(([title, codes]) => {
    const rows = Object.entries(codes).map(([code, sentence]) => [
      `\`${code}\``,
      String(statusOfRefusal(code as RefusalCode)),
      sentence,
    ]);
    return `## ${title}\n\n${table(['code', 'status', 'sentence'], rows)}\n`;
  });
  const gateway = new Map(
    Object.values(gatewayAnswers).map(({ code, status, message }) => [
      `${code} ${status}`,
      [code, status, message],
    ]),
  );
  const byItself = [...gateway.values()].map(([code, status, message]) => [
    `\`${code}\``,
    String(status ?? 'any'),
    String(message),
  ]);
  sections.push(`## The gateway by itself\n\n${table(['code', 'status', 'sentence'], byItself)}\n`);
  const others = Object.entries(elsewhere).map(([title, codes]) => {
    const rows = Object.entries(codes).map(([code, sentence]) => [`\`${code}\``, sentence]);
    return `### ${title}\n\n${table(['code', 'sentence'], rows)}\n`;
  });
  return [head, ...sections, '## On pages, by the command line, in records\n', ...others].join('\n');
}
