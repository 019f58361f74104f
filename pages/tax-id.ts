// How do people know a tax id? By their country's word for it and as it is written there, not by its name on the wire.

/** Names on the wire (core/certificate/holder/tax-id.ts) and what people call them. */
const names: Readonly<Record<string, string>> = {
  CLID: 'RUT',
  BRCPF: 'CPF',
  BRCNPJ: 'CNPJ',
  MXRFC: 'RFC',
  MXCURP: 'CURP',
  CONIT: 'NIT',
  CONUIP: 'C.C.',
  PEDNI: 'DNI',
  PERUC: 'RUC',
};

/** What a company's tax id is called on the wire, by its country (ISO 3166-1). */
export function companyTaxIdType(country: string): string {
  return { CL: 'CLID', BR: 'BRCNPJ', MX: 'MXRFC', CO: 'CONIT', PE: 'PERUC' }[country] ?? '';
}

/** `RUT 12.345.678-5`, `CPF 111.444.777-35`; anything unknown as it stands. */
export function taxIdText(type: string, taxId: string): string {
  return `${names[type] ?? type} ${written(type, taxId)}`.trim();
}

function written(type: string, taxId: string): string {
  if (type === 'BRCPF') return taxId.replace(/^(\d{3})(\d{3})(\d{3})(\d{2})$/, '$1.$2.$3-$4');
  if (type === 'BRCNPJ') return taxId.replace(/^(\w{2})(\w{3})(\w{3})(\w{4})(\d{2})$/, '$1.$2.$3/$4-$5');
  if (type !== 'CLID') return taxId;
  const [, body, digit] = /^(\d+)-([\dK])$/.exec(taxId) ?? [];
  return body && digit ? `${body.replace(/\B(?=(\d{3})+$)/g, '.')}-${digit}` : taxId;
}
