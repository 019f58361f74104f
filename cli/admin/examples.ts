// What does a file of parameters look like? One example for each kind of act that is proposed from a file; the help shows it
// and a test reads it as the node would.

import { taxIdTypes } from '../../core/certificate/holder/tax-id.ts';
import type { ActParameters, PersonParameters, ProfileParameters } from '../../core/people/act-parameters.ts';
import { rules } from '../../core/people/decision.ts';

const profile: ProfileParameters = {
  fin_id: 'FINTECH_CL',
  fin_id_schema: 'SHINKANSEN',
  name: 'Fintech de Ejemplo',
  country: 'CL',
  tax_id: '76123456-0',
  time_zone: 'America/Santiago',
  locale: 'es',
  mtls: 'optional',
  rule: 'any',
  officer_confirmation: 'always',
  payout_operators: ['BANCO_CL'],
};

const officer: PersonParameters = {
  office: 'securityOfficer',
  participant: 'FINTECH_CL',
  name: 'Olga Vidal',
  email: 'olga@fintech.example',
  tax_id: '11222333-9',
  tax_id_type: 'CLID',
  locale: 'es',
  power_from: null,
  power_until: null,
};

const apoderado: PersonParameters = {
  ...officer,
  office: 'apoderado',
  name: 'María Rojas',
  email: 'maria@fintech.example',
  tax_id: '12345678-5',
  power_from: '2026-01-01T00:00:00Z',
};

export type FromFile = 'participant.onboard' | 'participant.change' | 'person.invite' | 'peer.pin';

const examples: { readonly [Kind in FromFile]: ActParameters[Kind] } = {
  'participant.onboard': { profile, people: [officer, apoderado] },
  'participant.change': { profile },
  'person.invite': apoderado,
  'peer.pin': {
    fin_id: 'BANCO_CL',
    fin_id_schema: 'SHINKANSEN',
    kind: 'payoutOperator',
    name: 'Banco de Ejemplo',
    country: 'CL',
    tax_id: '97004000-5',
    time_zone: 'America/Santiago',
    locale: 'es',
    api_url: 'https://api.banco.example',
    certificate_thumbprint: 'qL3sT0F2m0m2GWWJm5nUuJyVJ0mZ3m0q0X3O8m9cYdQ',
    certificate_chain: ['MIIDVzCC...', 'MIIFazCC...'],
  },
};

const words: Readonly<Record<FromFile, string>> = {
  'participant.onboard': [
    `mtls: optional or required; rule, which apoderados must confirm: ${rules.join(', ')};`,
    'officer_confirmation: always or relaxed; tax_id_type: one of',
    `${taxIdTypes.join(', ')}.`,
    'Only an apoderado has power_from, and power_until where the power ends.',
  ].join('\n'),
  'participant.change': 'The whole profile, what stays the same too.',
  'person.invite':
    'office: securityOfficer, apoderado, nodeOperator or auditor; for the last two participant is null.\nOnly an apoderado has power_from, and power_until where the power ends.',
  'peer.pin':
    'kind: network or payoutOperator; certificate_chain: the certificate and its intermediates, base64 of the DER.',
};

/** What --file holds, for the help of the verb. */
export function exampleOf(kind: FromFile): string {
  return `The file holds, for example:\n\n${JSON.stringify(examples[kind], null, 2)}\n\n${words[kind]}`;
}
