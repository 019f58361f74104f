// Who lives in the local network? Invented people and companies whose numbers have right check digits.

import type { Account } from '../bank/bank.ts';
import type { HolderInput } from '../psc/layouts.ts';
import type { NewPerson } from './administration.ts';

export const nodeIdentities = {
  network: {
    finId: 'SHINKANSEN',
    finIdSchema: 'SHINKANSEN',
    name: 'Red Apodera',
    taxId: '76543210-3',
    holder: { country: 'CL', name: 'Red Apodera Firmante', rut: '20111222-2' },
  },
  operator: {
    finId: 'BANCO_ANDINO',
    finIdSchema: 'SHINKANSEN',
    name: 'Banco Andino',
    taxId: '97004000-5',
    holder: { country: 'CL', name: 'Banco Andino Firmante', rut: '20333444-3' },
  },
} as const satisfies Record<string, { holder: HolderInput; [name: string]: unknown }>;

const operator = (name: string, email: string, taxId: string): NewPerson => ({
  office: 'nodeOperator',
  name,
  email,
  taxId,
  taxIdType: 'CLID',
  locale: 'es',
});

export function operatorsOf(node: string): readonly NewPerson[] {
  return node === 'network'
    ? [
        operator('Carla Núñez', 'carla@red.example', '13456789-9'),
        operator('Bruno Díaz', 'bruno@red.example', '14567890-0'),
        operator('Elena Paz', 'elena@red.example', '15678901-1'),
      ]
    : [
        operator('Daniel Ríos', 'daniel@andino.example', '16789012-1'),
        operator('Fabiola Luna', 'fabiola@andino.example', '17890123-0'),
        operator('Gonzalo Mena', 'gonzalo@andino.example', '18901234-9'),
      ];
}

export interface ParticipantSeed {
  readonly finId: string;
  readonly name: string;
  readonly country: string;
  readonly taxId: string;
  readonly timeZone: string;
  readonly locale: 'es' | 'pt' | 'en';
  readonly people: readonly NewPerson[];
  readonly holder: HolderInput;
}

export const participants: readonly ParticipantSeed[] = [
  {
    finId: 'FINTECH_AURORA',
    name: 'Fintech Aurora',
    country: 'CL',
    taxId: '76123456-0',
    timeZone: 'America/Santiago',
    locale: 'es',
    people: [
      {
        office: 'securityOfficer',
        name: 'Olga Vidal',
        email: 'olga@aurora.example',
        taxId: '11222333-9',
        taxIdType: 'CLID',
        locale: 'es',
      },
      {
        office: 'apoderado',
        name: 'María Fernanda Rojas Soto',
        email: 'maria@aurora.example',
        taxId: '12345678-5',
        taxIdType: 'CLID',
        locale: 'es',
      },
    ],
    holder: { country: 'CL', name: 'María Fernanda Rojas Soto', rut: '12345678-5' },
  },
  {
    finId: 'CREDITO_JA',
    name: 'Crédito Já',
    country: 'BR',
    taxId: '11222333000181',
    timeZone: 'America/Sao_Paulo',
    locale: 'pt',
    people: [
      {
        office: 'securityOfficer',
        name: 'Paulo Azevedo',
        email: 'paulo@creditoja.example',
        taxId: '52998224725',
        taxIdType: 'BRCPF',
        locale: 'pt',
      },
      {
        office: 'apoderado',
        name: 'Ana Paula Ribeiro',
        email: 'ana@creditoja.example',
        taxId: '11144477735',
        taxIdType: 'BRCPF',
        locale: 'pt',
      },
    ],
    holder: { country: 'BR', name: 'Ana Paula Ribeiro', cpf: '11144477735' },
  },
];

/** What they hold at Banco Andino. */
export const accounts: readonly Account[] = [
  {
    number: '4242424242',
    holder: 'Fintech Aurora',
    taxId: '76123456-0',
    currency: 'CLP',
    balanceMinor: 80_000_000n,
  },
  {
    number: '5151515151',
    holder: 'Crédito Já',
    taxId: '11222333000181',
    currency: 'BRL',
    balanceMinor: 9_000_000n,
  },
];
